// What a page cannot do without a script: leaving at once, and not losing what was typed when the line breaks or the
// language changes. Everything works without it.
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
    document.addEventListener("click", (event) => { if (event.target.closest("[data-leave]")) leave(event); });
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

  // A form marked `data-keep` is sent without leaving the page, so that a broken line loses nothing that was typed.
  const offline = (form, shown) => {
    const said = form.querySelector("[data-offline]");
    if (said) said.hidden = !shown;
    if (said && shown) said.scrollIntoView({ block: "center" });
  };
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-keep]")) return;
    event.preventDefault();
    if (form.inert) return;
    offline(form, false);
    const typed = new URLSearchParams(new FormData(form, event.submitter));
    // Nothing is typed that the answer would overwrite, and a line that went silent is given up: "once" makes a second
    // sending harmless.
    const seen = document.activeElement, patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 60000);
    const hold = (held) => { form.inert = held; form.setAttribute("aria-busy", held); };
    hold(true);
    try {
      const answer = await fetch(form.getAttribute("action") || location.href, { method: "POST", body: typed, signal: patience.signal });
      const page = await answer.text();
      if (answer.redirected) { location.assign(answer.url); return; }
      const fresh = new DOMParser().parseFromString(page, "text/html").querySelector("main");
      if (!fresh || answer.status > 499) throw new Error("No page of ours, or one that could not store it");
      document.querySelector("main").replaceWith(fresh);
      wire();
      // What is looked at first has come into view by itself.
      if (!document.querySelector("[data-focus]")) scrollTo(0, 0);
    } catch (_) {
      hold(false);
      seen.focus({ preventScroll: true });
      offline(form, true);
    } finally { clearTimeout(timer); }
  });

  // Another language keeps what was typed: the page is asked for anew and filled in as it was.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest(".langs a"), form = document.querySelector("form[data-keep]");
    if (!link || !form) return;
    event.preventDefault();
    const typed = new FormData(form);
    try {
      const fresh = new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
      for (const field of fresh.querySelector("form[data-keep]").elements) {
        if (!field.name || field.type === "hidden" || field.type === "submit") continue;
        const values = typed.getAll(field.name);
        if (["radio", "checkbox"].includes(field.type)) field.checked = values.includes(field.value);
        else if (values.length) field.value = values[0];
      }
      for (const part of ["header", "main"]) document.querySelector(part).replaceWith(fresh.querySelector(part));
      root.lang = fresh.documentElement.lang;
      document.title = fresh.title;
      wire();
    } catch (_) { location.assign(link.href); }
  });

  // What is typed just now in the server's own words; and the first thing to look at.
  const wire = () => {
    const first = document.querySelector("[data-focus]");
    if (first) first.focus();
    const live = document.querySelector("form [data-live]");
    if (!live) return;
    let timer = 0, asked = 0;
    const show = async () => {
      const mine = ++asked;
      try {
        const typed = new URLSearchParams(new FormData(live.closest("form")));
        // A word of hers is sent when she presses the button, and not while she thinks.
        typed.delete("word");
        const answer = await fetch(live.dataset.live, { method: "POST", body: typed });
        if (answer.ok && mine === asked) live.innerHTML = await answer.text();
      } catch (_) { /* the preview stays as it was */ }
    };
    live.closest("form").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(show, 400); });
  };
  wire();
})();
