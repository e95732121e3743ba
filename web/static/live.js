// Keeps the status page fresh in place, so that what a reader does on it stays:
// scroll position, focus, selection, and what is typed into the search. A page
// that cannot be refreshed says so, and since when.
const every = Number(document.body.dataset.refresh) * 1000;
const patience = 10_000; // for one answer
const parts = ["now", "state", "search", "board"]; // ids, in the order of the page
let timer;
let tag = ""; // of the page that is shown, once it was fetched
let untouched = content(document.getElementById("search")); // the search as it came

if (every > 0) {
  document.getElementById("rhythm").hidden = false;
  timer = setTimeout(refresh, every);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) refresh(); // a hidden page asks for nothing
  });
}

async function refresh() {
  clearTimeout(timer);
  if (!document.hidden && getSelection().isCollapsed) {
    try {
      show(await load());
    } catch {
      lost();
    }
  }
  clearTimeout(timer); // two at once: shown and hidden again within one answer
  timer = setTimeout(refresh, every);
}

// load fetches the page as it is now, or nothing where it is as it is shown. Anything
// else is an error: a proxy that asks for a sign-in answers with a redirection.
async function load() {
  const answer = await fetch(location.href, {
    cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(patience),
    headers: tag ? { "If-None-Match": tag } : {},
  });
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (parts.some((id) => id !== "search" && !fresh.getElementById(id))) throw new Error("not the page");
  tag = answer.headers.get("ETag") ?? "";
  return fresh;
}

function show(fresh) {
  document.getElementById("lost").hidden = true;
  if (!fresh) return; // what is shown is so still
  const differs = (id) => !document.getElementById(id) !== !fresh.getElementById(id);
  if (version(fresh) !== version(document) || parts.some(differs)) {
    location.reload(); // deskd was updated, this script with it, or has its first desks
    return;
  }
  document.title = fresh.title;
  for (const id of parts) {
    const old = document.getElementById(id), next = fresh.getElementById(id);
    if (!old || (id === "search" && inUse(old))) continue;
    const focused = focusables(old).indexOf(document.activeElement);
    old.replaceWith(document.adoptNode(next));
    focusables(next)[focused]?.focus({ preventScroll: true });
    if (id === "search") untouched = content(next);
  }
  document.getElementById("rhythm").hidden = false;
}

// lost says since when the page is not what it seems to be.
function lost() {
  const said = document.getElementById("lost");
  if (said.hidden) said.querySelector("time").textContent = document.querySelector("#now time").textContent;
  said.hidden = false;
}

function version(page) {
  return page.querySelector('link[rel="stylesheet"]').getAttribute("href");
}

function focusables(part) {
  return [...part.querySelectorAll("a, button, input, select")];
}

// content is what a form says; inUse reports whether a reader is filling it in:
// it has the focus, or says something else than when it came.
function content(form) {
  return form ? new URLSearchParams(new FormData(form.querySelector("form"))).toString() : "";
}

function inUse(form) {
  return form.contains(document.activeElement) || content(form) !== untouched;
}
