// Two things that a page cannot do without a script, and needs on a bad line: leaving at once, and not losing what was
// typed when the line breaks. Everything works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  const way = document.querySelector("[data-leave]");

  // Leaving: nothing is seen from this moment on; the session ends; "back" does not lead here.
  const leave = (event) => {
    if (event) event.preventDefault();
    root.classList.add("gone");
    document.title = " ";
    try { fetch("/leave", { method: "POST", keepalive: true, redirect: "manual" }); } catch (_) { /* the page is left in any case */ }
    location.replace(way.dataset.leave);
  };
  if (way) {
    way.addEventListener("click", leave);
    // Shift three times within five seconds; any other key starts anew. Escape is left to the browser.
    let presses = [];
    addEventListener("keydown", (event) => {
      if (event.repeat) return;
      const now = Date.now();
      presses = event.key === "Shift" ? [...presses.filter((at) => now - at < 5000), now] : [];
      if (presses.length === 3) leave();
    });
    // A page that the browser kept alive is asked for anew: the session may have ended.
    addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  }

  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  // A form marked `data-keep` is sent without leaving the page, so that a broken line loses nothing.
  const failed = document.querySelector("[data-offline]");
  for (const form of document.querySelectorAll("form[data-keep]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.busy) return;
      form.dataset.busy = "1";
      if (failed) failed.hidden = true;
      const body = new URLSearchParams(new FormData(form, event.submitter));
      try {
        const answer = await fetch(form.getAttribute("action") || location.pathname, { method: "POST", body, headers: { Accept: "text/html" } });
        const page = await answer.text();
        if (answer.redirected) { location.assign(answer.url); return; }
        document.open(); document.write(page); document.close();
      } catch (_) {
        if (failed) { failed.hidden = false; failed.scrollIntoView({ block: "nearest" }); }
      } finally { delete form.dataset.busy; }
    });
  }

  // A live preview: the server's own words for what is typed just now.
  const live = document.querySelector("[data-live]");
  const source = live && live.closest("form");
  if (source && live.dataset.live) {
    let timer = 0, asked = 0;
    const show = async () => {
      const mine = ++asked;
      try {
        const answer = await fetch(live.dataset.live, { method: "POST", body: new URLSearchParams(new FormData(source)) });
        if (answer.ok && mine === asked) live.innerHTML = await answer.text();
      } catch (_) { /* the preview stays as it was */ }
    };
    source.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 400); });
  }
})();
