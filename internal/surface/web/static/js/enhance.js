// Everything here is optional: each page works without it. Texts come from data attributes, never from this file.
const root = document.documentElement;
const $$ = (sel, from = document) => [...from.querySelectorAll(sel)];

// Theme: the button's form does the same by a request.
document.addEventListener("submit", (e) => {
  if (!e.target.matches("[data-theme-form]")) return;
  e.preventDefault();
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${root.dataset.cookie}=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
});

// Printing needs a script, so its button shows only with one.
for (const b of $$("[data-print]")) { b.hidden = false; b.addEventListener("click", () => print()); }

// Passkeys: the device answers into the form, which is then sent like any other. A browser that has none never shows the
// button.
const can = window.PublicKeyCredential?.parseRequestOptionsFromJSON;
for (const box of can ? $$("[data-passkey]") : []) {
  const form = box.closest("form"), said = box.querySelector(".error"), create = box.dataset.passkey === "create";
  box.hidden = false;
  form.querySelector("[data-no-passkey]")?.remove();
  box.querySelector("button").addEventListener("click", async () => {
    said.hidden = true;
    try {
      const options = JSON.parse(box.dataset.options);
      const answer = create
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
      box.querySelector("[data-answer]").value = JSON.stringify(answer);
      form.requestSubmit(form.querySelector(".main-act"));
    } catch { said.hidden = false; }
  });
}

// Keys: Ctrl+K or / to the search box, J and K along the rows. e.code, not e.key: the keyboard is usually in Persian.
document.addEventListener("keydown", (e) => {
  const ctrl = e.ctrlKey || e.metaKey, typing = e.target.closest("input, textarea, select");
  if (ctrl ? e.code === "KeyK" : e.code === "Slash" && !typing) {
    const box = document.querySelector("[data-hotkey=k]");
    if (box) { e.preventDefault(); box.focus(); }
    return;
  }
  if (ctrl || e.altKey || typing) return;
  const links = $$("[data-rows] .row-link");
  const step = { KeyJ: 1, KeyK: -1 }[e.code];
  if (!links.length || !step) return;
  const at = links.indexOf(document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
});

const later = (ms, f) => {
  let t;
  const call = (...a) => { clearTimeout(t); t = setTimeout(f, ms, ...a); };
  return Object.assign(call, { stop: () => clearTimeout(t) });
};

// Money: the server says the amount in words and in toman, so that a mistyped zero is heard.
for (const box of $$("[data-echo]")) {
  const out = document.getElementById(box.dataset.echo);
  let turn = 0;
  const ask = later(250, async () => {
    const mine = ++turn;
    try {
      const res = box.value.trim() ? await fetch("/echo/amount?rial=" + encodeURIComponent(box.value)) : null;
      const said = res ? (await res.json()).text || "" : "";
      if (mine === turn) out.textContent = said;
    } catch { /* offline: the check-answers page says it */ }
  });
  box.addEventListener("input", ask);
  if (box.value) ask();
}

// Drafts: saved a little after the last change. The save button does the same.
for (const form of $$("form[data-autosave]")) {
  const sign = form.querySelector("[data-saved]");
  let saving = null, waiting = false;
  const store = async () => {
    const body = new FormData(form);
    for (const [k, v] of [...body]) if (v instanceof File) body.delete(k);
    try {
      const res = await fetch(form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(10000) });
      if (sign) sign.textContent = res.ok ? form.dataset.savedText : form.dataset.unsavedText;
      const { version } = res.ok ? await res.json() : {};
      if (version && form.elements.version) form.elements.version.value = version;
    } catch { if (sign) sign.textContent = form.dataset.unsavedText; }
  };
  const save = later(2000, () => { saving = store().finally(() => { saving = null; }); });
  form.addEventListener("input", save);
  // Handing in starts no save and waits for one under way, for the later of the two would come with an old version.
  form.addEventListener("submit", (e) => {
    save.stop();
    if (!saving) return;
    e.preventDefault();
    if (waiting) return;
    waiting = true;
    saving.then(() => { waiting = false; form.requestSubmit(e.submitter); });
  });
}

// Files: say at once that a file is too large.
document.addEventListener("change", (e) => {
  const max = +e.target.dataset?.maxBytes;
  if (!max || !e.target.files) return;
  const big = [...e.target.files].some((f) => f.size > max);
  e.target.setCustomValidity(big ? e.target.dataset.tooLarge : "");
  e.target.reportValidity();
});

// A case or list that somebody changes while it is read says so, and nothing moves under the reader's hands. A page that is
// not looked at asks nobody: each question holds one of the browser's few connections. Lists go on counting.
const pause = (ms) => new Promise((f) => setTimeout(f, ms));
for (const box of $$("[data-news]")) (async () => {
  let asking = new AbortController(), heard = 0;
  document.addEventListener("visibilitychange", () => { if (document.hidden) asking.abort(); });
  for (;;) {
    if (document.hidden) { await pause(1000); continue; }
    asking = new AbortController();
    const { status, json } = await fetch(box.dataset.news + (heard ? `&heard=${heard}` : ""), { signal: asking.signal })
      .then(async (r) => ({ status: r.status, json: r.status === 200 ? await r.json() : {} })).catch(() => ({ status: 503 }));
    if (status === 200) {
      if (json.text) box.querySelector("[data-say]").textContent = json.text;
      box.firstElementChild.hidden = false;
      if (!(heard = json.changes)) return;
      await pause(5000);
      continue;
    }
    if (status !== 204 && status < 500) return;
    await pause(status === 204 ? 200 : 3000);
  }
})();
