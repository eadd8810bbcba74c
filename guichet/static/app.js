// Comforts on top of pages that work without them: nothing here is needed to use the site.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const french = new Intl.NumberFormat("fr-FR");
const money = new Intl.NumberFormat("fr-FR", { style: "currency", currency: "EUR" });

// The error summary is read first.
document.querySelector("[data-focus]")?.focus();

// On narrow screens the menu starts folded; on wide ones it is always open.
for (const menu of all("[data-menu]")) {
  const wide = matchMedia("(min-width: 62em)");
  const fit = () => {
    menu.open = wide.matches;
  };
  wide.addEventListener("change", fit);
  fit();
  menu.dataset.menu = "ready";
}

// Small menus close on Escape and on a click elsewhere.
const closeDrops = (except) => {
  for (const drop of all("details.gu-drop[open]")) {
    if (!drop.contains(except)) drop.open = false;
  }
};
document.addEventListener("click", (event) => closeDrops(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const drop = document.activeElement?.closest?.("details.gu-drop[open]");
  closeDrops(null);
  drop?.querySelector("summary").focus();
});

// A second click on a submit button does nothing; the button says that it works.
const busy = (form, button) => {
  form.dataset.sent = "1";
  if (!button) return;
  button.setAttribute("aria-disabled", "true");
  button.classList.add("gu-busy");
};
const release = () => {
  for (const form of all("form[data-sent]")) delete form.dataset.sent;
  for (const button of all(".gu-busy")) {
    button.removeAttribute("aria-disabled");
    button.classList.remove("gu-busy");
  }
};
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  if (form.method !== "post") return;
  busy(form, event.submitter);
  // An answer that is a file leaves the page as it is.
  setTimeout(release, 10_000);
});
// Coming back with the browser's arrow must find live buttons.
addEventListener("pageshow", release);

// Leaving a form with unsaved changes asks first.
let dirty = false;
for (const form of all("form[data-guard]")) {
  form.addEventListener("input", () => {
    dirty = true;
  });
  for (const name of ["submit", "guichet:saved"]) {
    form.addEventListener(name, () => {
      dirty = false;
    });
  }
}
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

// Characters left, spoken only when few are left.
for (const area of all("[data-limit]")) {
  const counter = document.getElementById(`${area.id}-compteur`);
  const limit = Number(area.dataset.limit);
  const show = () => {
    const left = limit - [...area.value].length;
    const plural = Math.abs(left) > 1 ? "s" : "";
    counter.textContent =
      left < 0 ? `${french.format(-left)} caractère${plural} en trop` : `${french.format(left)} caractère${plural} restant${plural}`;
    counter.classList.toggle("gu-over", left < 0);
    counter.setAttribute("aria-live", left < limit / 10 ? "polite" : "off");
  };
  if (counter) {
    area.addEventListener("input", show);
    if (area.value) show();
  }
}

// The chosen file, its size, and a refusal before the upload when it is too large.
const size = (bytes) => (bytes < 1e6 ? `${french.format(Math.ceil(bytes / 1e3))} ko` : `${french.format(Math.round(bytes / 1e5) / 10)} Mo`);
for (const input of all("input[type=file]")) {
  const told = document.createElement("p");
  told.className = "fr-hint-text";
  told.setAttribute("role", "status");
  input.after(told);
  input.addEventListener("change", () => {
    const limit = Number(input.dataset.maxSize || Infinity);
    const heavy = [...input.files].find((file) => file.size > limit);
    told.textContent = [...input.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
    if (heavy) {
      told.textContent = `« ${heavy.name} » pèse ${size(heavy.size)} : c’est plus que la limite de ${size(limit)}. Choisissez un fichier plus léger.`;
      input.value = "";
    }
    told.classList.toggle("gu-over", Boolean(heavy));
  });
}

// Live totals: [data-total="part"] shows the sum of the fields [data-sum="part"]; [data-rate="part/whole"] their rate.
const amount = (field) => Number(field.value.replace(/[\s€]/g, "").replace(",", ".")) || 0;
const sum = (name, root) => all(`[data-sum="${name}"]`, root).reduce((total, field) => total + Math.round(amount(field) * 100), 0) / 100;
for (const root of all("[data-totals]")) {
  const refresh = () => {
    for (const shown of all("[data-total]", root)) shown.textContent = money.format(sum(shown.dataset.total, root));
    for (const shown of all("[data-rate]", root)) {
      const [part, whole] = shown.dataset.rate.split("/").map((name) => sum(name, root));
      shown.textContent = whole ? `${french.format(Math.round((part * 10000) / whole) / 100)} %` : "–";
    }
  };
  root.addEventListener("input", refresh);
}

// A printing button exists only where it can work.
for (const place of all("[data-print]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fr-btn fr-btn--secondary fr-btn--sm";
  button.textContent = place.dataset.print || "Imprimer";
  button.addEventListener("click", () => print());
  place.append(button);
}

// What drafts.js keeps on this machine is its author's alone: gone when she signs out, and when somebody else signs in.
const COPIES = "guichet-saisie:";
const forget = (gone) => {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(COPIES) && gone(key)) localStorage.removeItem(key);
  } catch {
    // No storage, or a forbidden one: nothing is kept either.
  }
};
const signOut = document.querySelector("form[data-sign-out]");
if (signOut) {
  const own = `${COPIES}${signOut.dataset.signOut}:`;
  forget((key) => !key.startsWith(own));
  signOut.addEventListener("submit", () => {
    forget(() => true);
    try {
      // The other tabs hear it.
      localStorage.setItem("guichet-sortie", Date.now());
      localStorage.removeItem("guichet-sortie");
    } catch {
      // No storage: nothing to be told.
    }
  });
}
