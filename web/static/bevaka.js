// Bevaka works without this file. It keeps the time machine's page moving without reloading all of it.
"use strict";

const follow = async () => {
  const journey = document.getElementById("journey");
  if (!journey || !("running" in journey.dataset)) return;
  const answer = await fetch("/time", { headers: { Accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("journey");
  if (!answer.ok || !fresh || !("running" in fresh.dataset)) {
    window.location.assign("/time");
    return;
  }
  journey.replaceWith(document.adoptNode(fresh));
  window.setTimeout(follow, 700);
};

// A menu closes when one goes elsewhere, as menus do.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

window.setTimeout(follow, 700);
