// My day and the lists of cases work without this file. It moves along a list by j and k, and tells what has changed.
"use strict";

const EVERY = 30_000; // milliseconds
const TYPING = "input, select, textarea";
const STEPS = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

// Single letters act only while the focus is within the list (WCAG 2.1.4), and never while somebody types.
document.addEventListener("keydown", (event) => {
  const list = event.target.closest(".lines, .cases");
  const step = STEPS[event.key];
  if (!list || !step || event.ctrlKey || event.altKey || event.metaKey || event.target.matches(TYPING)) return;
  const links = [...document.querySelectorAll(".line-link, .row-link")];
  const here = links.findIndex((link) => link.closest(".line, tr").contains(event.target));
  const next = links[here + step];
  if (here < 0 || !next) return;
  event.preventDefault();
  next.focus();
});

// Nothing moves under anybody's hands: what has changed is said, and shown when she asks for it.
// Asking keeps nobody signed in: it stops when she has not touched the page for a while, well before the session ends.
const told = document.querySelector("[data-live]");
const AWAY = 5 * 60_000;
let tag = "";
let touched = Date.now();

const ask = async () => {
  if (!document.hidden && Date.now() - touched < AWAY) {
    try {
      const answer = await fetch(told.dataset.live, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        const { changed } = await answer.json();
        const text = changed === 1 ? told.dataset.one : told.dataset.many.replace("{n}", changed);
        told.querySelector(".reload-said").textContent = changed ? text : "";
      } else if (answer.status !== 304) {
        return; // signed out, or the page is too old: reloading tells why
      }
    } catch {
      // The network is away: asked again later.
    }
  }
  window.setTimeout(ask, EVERY);
};

if (told) {
  window.setTimeout(ask, EVERY);
  for (const sign of ["keydown", "pointermove", "scroll"]) {
    document.addEventListener(sign, () => { touched = Date.now(); }, { passive: true });
  }
}
