/** The page of a visit: its photos in the viewer, its place on a small map, its text to take along. */
import { copying, printing } from "./copy.js";
import { smallMap } from "./small_map.js";
import { viewer } from "./viewer.js";

viewer();
copying();
printing();
smallMap();
