// How this phone wants its pages, before the first of them is painted. Chosen in 我的 (behaviours/look.js).
(function (root) {
  "use strict";
  try {
    for (const name of ["theme", "letters", "hand"]) {
      const kept = localStorage.getItem("fieldapp-" + name);
      if (kept) root.setAttribute("data-" + name, kept);
    }
    if (localStorage.getItem("fieldapp-sunlight") === "1") root.setAttribute("data-sunlight", "");
  } catch {
    // A browser that keeps nothing shows what everyone sees.
  }
})(document.documentElement);
