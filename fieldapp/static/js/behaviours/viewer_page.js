/** A page whose photos open in the viewer. */
import { viewer } from "./viewer.js";

viewer();
