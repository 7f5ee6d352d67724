/** iOS lays its keyboard over the page: the save bar is lifted by as much as it hides (css: --keyboard). */
export function stayAboveKeyboard() {
  const seen = window.visualViewport;
  if (!seen) return;
  const lift = () => {
    const hidden = seen.scale === 1 ? Math.max(0, window.innerHeight - seen.height - seen.offsetTop) : 0;
    document.documentElement.style.setProperty("--keyboard", `${Math.round(hidden)}px`);
  };
  seen.addEventListener("resize", lift);
  seen.addEventListener("scroll", lift);
}
