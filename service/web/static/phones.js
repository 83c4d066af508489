// Keeps the demonstration's phones up to date without a reload. Without this script the page works by forms and a link.
(() => {
  "use strict";
  const live = document.querySelector("[data-live]");
  if (!live) return;
  const away = document.querySelector("[data-away]");
  const EVERY = 1000;
  const parts = () => live.querySelectorAll("[data-part]");
  // What the server last said of each part: the page itself may have marked things in it since.
  const said = new Map();
  for (const part of parts()) said.set(part.dataset.part, part.outerHTML);
  let etag = "";
  let timer = 0;

  const apply = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const name = part.dataset.part;
      const html = part.outerHTML;
      if (said.get(name) === html) continue;
      const old = live.querySelector(`[data-part="${CSS.escape(name)}"]`);
      // A phone more or less: the page is another one.
      if (!old) return location.reload();
      said.set(name, html);
      if ("list" in part.dataset) renewList(old, part);
      else renew(old, part);
    }
    markCurrent();
  };

  const renew = (old, part) => {
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    old.replaceWith(part);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  };

  // Keeps the items that stay, so that a screen reader hears only the new ones and nothing jumps.
  const renewList = (old, part) => {
    const wanted = new Set([...part.children].map((item) => item.id));
    for (const item of [...old.children]) if (!wanted.has(item.id)) item.remove();
    for (const item of [...part.children]) {
      const same = document.getElementById(item.id);
      if (same) same.className = item.className;
      else { item.classList.add("new"); old.append(item); }
    }
  };

  const ask = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(live.dataset.live, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.status === 200) { etag = answer.headers.get("ETag") || ""; apply(await answer.text()); }
      away.hidden = answer.ok || answer.status === 304;
    } catch { away.hidden = false; }
    if (!document.hidden) timer = setTimeout(ask, EVERY);
  };

  const nonce = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

  const send = async (form, button) => {
    if (form.dataset.sending) return;
    form.dataset.sending = "1";
    const data = new FormData(form);
    if (button?.name) data.set(button.name, button.value);
    if (data.has("nonce")) data.set("nonce", form.dataset.nonce ||= nonce());
    try {
      const to = form.action + new URL(live.dataset.live, location).search;
      const answer = await fetch(to, { method: "POST", body: new URLSearchParams(data), headers: { "Amanba-Fragment": "1" } });
      // Kept for the next try when it failed: the same text twice is one text.
      if (answer.ok) {
        delete form.dataset.nonce;
        if (form.elements.text && !data.has("quick")) form.elements.text.value = "";
        apply(await answer.text());
      }
      away.hidden = answer.ok;
    } catch { away.hidden = false; }
    delete form.dataset.sending;
    ask();
  };

  live.addEventListener("submit", (event) => { event.preventDefault(); send(event.target, event.submitter); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });

  // On a narrow screen one phone shows at a time; say which.
  const seen = new Map();
  const markCurrent = () => {
    let current = "";
    let most = 0;
    for (const [id, share] of seen) if (share > most) { most = share; current = id; }
    for (const link of live.querySelectorAll(".switcher a")) {
      if (link.hash === `#${current}`) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const row = live.querySelector(".phones");
  if (row) {
    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) seen.set(entry.target.id, entry.intersectionRatio);
      markCurrent();
    }, { root: row, threshold: [0, 0.25, 0.5, 0.75, 1] });
    for (const phone of row.children) watcher.observe(phone);
  }
  ask();
})();
