/** A page whose texts are copied: of a day, of a project, of a link. */
import { copying } from "./copy.js";

copying();
