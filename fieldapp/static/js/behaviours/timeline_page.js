/** The page of a project: its timeline stays fresh, and what this phone still holds of it stands on top. */
import { live } from "./live.js";
import { missing } from "./browser.js";
import { watchSliders } from "./slider.js";
import { showUnsent } from "./unsent.js";

live();
watchSliders();
if (missing().length === 0) showUnsent();
