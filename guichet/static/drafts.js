// While a section is written: it saves by itself, a copy stays on this machine until it did, and who else writes it is said.
// Without this script the buttons of the page do the same work.

const form = document.querySelector("form[data-draft]");
const QUIET = 1500; // milliseconds without a key before saving
const LONGEST = 15_000; // milliseconds of uninterrupted typing before saving all the same
const AGAIN = 20_000; // milliseconds before another try
const ALIVE = 45_000; // milliseconds between two signs of life
const KEPT = 3 * 24 * 3600 * 1000; // milliseconds a copy is kept
const PREFIX = "guichet-saisie:";
const UNKEPT = new Set(["csrf_token", "version"]);

if (form) {
  const key = `${PREFIX}${form.dataset.owner}:${location.pathname}${location.search}`;
  const told = document.querySelector("[data-draft-status]");
  const company = document.querySelector("[data-draft-company]");
  const savesByItself = "autosave" in form.dataset;

  const typed = () => [...new FormData(form)].filter(([name, value]) => !UNKEPT.has(name) && typeof value === "string");
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const say = (text, tone = "") => {
    if (!told) return;
    told.textContent = text;
    told.className = tone ? `gu-saving gu-saving--${tone}` : "gu-saving";
  };
  const when = (instant) => new Intl.DateTimeFormat("fr-FR", { dateStyle: "long", timeStyle: "short" }).format(instant);

  // Storage may be forbidden, full, or emptied by the person: the page goes on without it.
  const stored = (work) => {
    try {
      return work(localStorage);
    } catch {
      return null;
    }
  };
  const copy = () => stored((storage) => JSON.parse(storage.getItem(key)));
  const keep = (more = {}) => stored((storage) => storage.setItem(key, JSON.stringify({ at: Date.now(), fields: typed(), ...more })) ?? true);
  const drop = () => stored((storage) => storage.removeItem(key));

  let saved = typed();
  let stopped = false;
  let signedOut = false;
  let sending = false;
  let timer = 0;
  let firstKey = 0;

  const plan = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  // The token of a page that stayed open too long, or of a session that ended, is asked again.
  const renew = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form[data-draft] [name=csrf_token]");
    if (!fresh) throw new Error("no form");
    form.elements.csrf_token.value = fresh.value;
  };

  const signInAgain = () => {
    stopped = true;
    say("Votre session est terminée. Votre saisie est gardée sur cet appareil : ", "warning");
    const link = document.createElement("a");
    link.href = `/connexion?suite=${encodeURIComponent(location.pathname)}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "se reconnecter (nouvel onglet)";
    told.append(link, ", puis revenez ici : la saisie reprendra.");
  };

  const ask = async (address) => {
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    const json = (answer.headers.get("content-type") || "").includes("json");
    return { status: answer.status, ...(json ? await answer.json() : {}) };
  };

  const accompany = (text = "") => {
    // The same words are not spoken twice.
    if (company && company.textContent !== text) company.textContent = text;
  };

  const settle = (answer, sent) => {
    if (answer.state === "saved") {
      form.elements.version.value = answer.version;
      saved = sent;
      accompany(answer.company);
      if (same(typed(), sent)) {
        drop();
        // A chosen file leaves with the button only: there is still something to lose.
        if (!form.querySelector("input[type=file]")?.files.length) form.dispatchEvent(new Event("guichet:saved"));
        say(answer.message, "done");
      } else plan(QUIET);
      return;
    }
    if (answer.status === 401) {
      signedOut = true;
      signInAgain();
    } else if (answer.state === "invalid") say(`Pas encore enregistré. ${answer.message}`, "warning");
    else if (answer.state === "conflict" || answer.state === "closed") {
      stopped = true;
      say(answer.message, "warning");
    } else {
      say("L’enregistrement automatique n’a pas abouti. Votre saisie est gardée sur cet appareil ; nouvel essai dans quelques secondes.", "warning");
      plan(AGAIN);
    }
  };

  async function save() {
    const sent = typed();
    if (sending || stopped || form.dataset.sent || same(sent, saved)) return;
    sending = true;
    firstKey = 0;
    say("Enregistrement…");
    try {
      let answer = await ask(form.dataset.autosave);
      if (answer.state === "expired") {
        await renew();
        answer = await ask(form.dataset.autosave);
      }
      settle(answer, sent);
    } catch {
      say("Pas de réponse du guichet. Votre saisie est gardée sur cet appareil ; nouvel essai dès que le réseau revient.", "warning");
      plan(AGAIN);
    } finally {
      sending = false;
    }
  }

  form.addEventListener("input", () => {
    if (stopped && !signedOut) return;
    keep();
    if (!savesByItself || stopped) return;
    firstKey ||= Date.now();
    plan(Math.max(0, Math.min(QUIET, firstKey + LONGEST - Date.now())));
  });
  // A whole save by the button: the next page tells whether it was taken.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    if (copy()) keep({ sent: true });
  });
  addEventListener("online", () => plan(0));
  document.addEventListener("visibilitychange", async () => {
    if (document.hidden || !signedOut) return;
    try {
      await renew();
    } catch {
      return;
    }
    stopped = signedOut = false;
    await save();
  });
  // Signed out in another tab: what was kept is gone, and must not be written again from here.
  addEventListener("storage", (event) => {
    if (event.key !== "guichet-sortie" || !event.newValue) return;
    stopped = true;
    say("Vous vous êtes déconnecté dans un autre onglet : rien de plus n’est enregistré ni gardé sur cet appareil.", "warning");
  });

  // What an earlier visit typed and the window never took is offered back, both texts to be seen.
  const restore = (fields) => {
    for (const element of form.elements) {
      if (!element.name || UNKEPT.has(element.name) || ["submit", "button", "file"].includes(element.type)) continue;
      const values = fields.filter(([name]) => name === element.name).map(([, value]) => value);
      if (["checkbox", "radio"].includes(element.type)) element.checked = values.includes(element.value);
      else if (values.length) element.value = values[0];
    }
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const offer = (old) => {
    const box = document.querySelector("[data-draft-offer]");
    const current = new Map(saved);
    const list = document.createElement("dl");
    const label = (name) => (form.elements[name]?.labels?.[0]?.textContent || name).trim().replace(/\s+/g, " ");
    for (const [name, value] of old.fields) {
      if (current.get(name) === value || !value) continue;
      const term = document.createElement("dt");
      const texts = [`Votre saisie : ${value}`, `Enregistré : ${current.get(name) || "(vide)"}`].map((text) => {
        const detail = document.createElement("dd");
        detail.className = "gu-text";
        detail.textContent = text;
        return detail;
      });
      term.textContent = label(name);
      list.append(term, ...texts);
    }
    box.querySelector(".gu-actions").before(list);
    box.querySelector("[data-draft-when]").textContent = when(old.at);
    box.querySelector("[data-draft-restore]").addEventListener("click", () => {
      restore(old.fields);
      box.hidden = true;
      form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    });
    box.querySelector("[data-draft-forget]").addEventListener("click", () => {
      drop();
      box.hidden = true;
    });
    box.hidden = false;
  };

  // Old copies are over, and so are those that were sent when this page says that they were taken.
  const taken = document.querySelector("[role=status] > .fr-alert--success");
  stored((storage) => {
    for (const name of Object.keys(storage).filter((one) => one.startsWith(PREFIX))) {
      const { at, sent } = JSON.parse(storage.getItem(name)) || {};
      if (!at || at < Date.now() - KEPT || (sent && taken)) storage.removeItem(name);
    }
  });
  const old = copy();
  if ("unsaved" in form.dataset) {
    // The answer to a refused save: what it holds is nowhere else.
    saved = [];
    keep();
  } else if (old && same(old.fields, saved)) drop();
  else if (old) offer(old);

  if (company) {
    const live = async () => {
      if (document.hidden || stopped) return;
      try {
        const answer = await ask(form.dataset.presence);
        if (answer.state === "present") accompany(answer.company);
      } catch {
        // The next sign of life will tell.
      }
    };
    setInterval(live, ALIVE);
    live();
  }
}
