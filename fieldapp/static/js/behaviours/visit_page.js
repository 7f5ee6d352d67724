/** The page of a visit: its photos in the viewer, its place on a small map, its text to take along, and what is said on it later. */
import { copying, printing } from "./copy.js";
import { smallMap } from "./small_map.js";
import { supplements } from "./supplement_page.js";
import { viewer } from "./viewer.js";

viewer();
copying();
printing();
smallMap();
supplements();
