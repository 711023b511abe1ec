// Before anything is painted: tell the styles that scripts run, and which colours the reader wants.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => root.classList.toggle("dark", dark.matches);
  root.classList.add("js");
  follow();
  dark.addEventListener("change", follow);
})();
