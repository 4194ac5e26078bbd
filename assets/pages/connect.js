// Connect as the Sandbox has it: it asks the server what comes next, shows that,
// and tells the page around it what happened.

const query = new URLSearchParams(location.search);
const origin = query.get("origin") ?? "";
const mode = location.pathname.slice(1);
const relink = mode === "relink";

/** What the user entered so far, as the server takes it. */
const entered = { link_session_token: query.get("linkSessionToken") ?? "" };
if (mode === "continue") entered.redirect_url = query.get("redirectURL") ?? "";

const $ = (id) => document.getElementById(id);
let institution = null; // that was chosen, as the API tells of it
let popup = null; // an OAuth bank's page

function post(type, data) {
  if (parent !== window && origin) parent.postMessage({ moneykit: true, type, data }, origin);
}

function event(name, properties = {}) {
  post("link.event", { name, properties });
}

function exit(error = null) {
  popup?.close();
  event("exit", error ?? {});
  post("link.exit", { error });
  show("closed", "You can close this page", []);
}

/** Asks the server; a refusal comes back as such, a lost connection as one too. */
async function ask(path) {
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(entered) });
    const body = await answer.json();
    return answer.ok ? { body } : { refusal: { error_id: body.error_code, displayed_message: body.displayed_message, request_id: body.request_id } };
  } catch {
    return { refusal: { error_id: "connection_error", displayed_message: "The server does not answer. Try again.", request_id: null } };
  }
}

/** Makes an element; attributes that are no text are set as properties. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

const go = (text) => make("button", { class: "go", type: "submit" }, text);

/** Marks a screen that waits for the server. */
function busy(is) {
  if (is) $("screen").dataset.busy = "yes";
  else delete $("screen").dataset.busy;
  for (const button of $("screen").querySelectorAll("button.go")) button.disabled = is;
}

/** Shows a screen. What is submitted goes to next, back leads to where back does. */
function show(name, title, children, { next = null, back = null, alert = "" } = {}) {
  $("title").textContent = document.title = title;
  $("alert").textContent = alert;
  $("alert").hidden = !alert;
  $("screen").replaceChildren(...children);
  $("screen").dataset.name = name;
  busy(false);
  $("screen").onsubmit = (submitted) => {
    submitted.preventDefault();
    if ($("screen").dataset.busy) return;
    const form = new FormData($("screen"));
    busy(true);
    next?.(form);
  };
  $("back").hidden = !back;
  $("back").onclick = back;
  (children[0]?.querySelector?.("input") ?? $("title")).focus();
  event("change_screen", { current_screen_name: name });
}

async function step(alert = "") {
  const { body, refusal } = await ask("/connect/next");
  if (refusal) return refused(refusal);
  institution = body.institution ?? null;
  screens[body.kind](body, alert);
}

/** Says why it did not go on, and goes back to where another try makes sense. */
function refused(refusal) {
  event("error", refusal);
  switch (refusal.error_id) {
    case "invalid_credentials":
      delete entered.username;
      delete entered.password;
      delete entered.answers;
      return step(refusal.displayed_message);
    case "user_input_incorrect":
      entered.answers = [];
      return step(refusal.displayed_message);
    case "no_accounts":
    case "too_many_accounts":
    case "permission_required":
      delete entered.account_ids;
      delete entered.products;
      return step(refusal.displayed_message);
  }
  const over = refusal.error_id.startsWith("session_") || refusal.error_id === "link_deleted";
  const again = over ? [] : [make("button", { class: "go second", type: "button", onclick: () => restart() }, "Try again")];
  const close = make("button", { class: "go", type: "button", onclick: () => exit(refusal) }, "Close");
  const id = refusal.request_id ? [make("p", {}, `Request ${refusal.request_id}`)] : [];
  show("error", "That did not work", [...id, ...again, close], { alert: refusal.displayed_message });
}

function restart() {
  for (const name of Object.keys(entered)) {
    if (name !== "link_session_token") delete entered[name];
  }
  return step();
}

const screens = {
  institution(stage, alert) {
    const list = make("ul", {});
    const fill = () => {
      const wanted = search.value.trim().toLowerCase();
      const found = stage.institutions.filter((i) => i.name.toLowerCase().includes(wanted));
      list.replaceChildren(...found.map((i) => {
        const mark = make("i", { "aria-hidden": "true" }, i.name[0]);
        if (CSS.supports("color", i.color ?? "")) mark.style.background = i.color;
        return make("li", {}, make("button", { type: "button", value: i.institution_id, onclick: () => choose(i) }, mark, i.name));
      }));
      if (found.length === 0) list.append(make("li", {}, make("p", {}, "No institution has this name.")));
    };
    const choose = (i) => {
      event("select_institution", { institution_id: i.institution_id, institution_name: i.name });
      entered.institution_id = i.institution_id;
      step();
    };
    const search = make("input", {
      type: "search", name: "search", autocomplete: "off",
      oninput: () => { fill(); event("search_institution", { query: search.value }); },
    });
    fill();
    show("institution", "Choose your institution", [make("label", {}, "Search", search), list], { alert });
  },

  credentials(stage, alert) {
    const field = (label, name, type, autocomplete) => make("label", {}, label, make("input", { name, type, autocomplete, required: true, autocapitalize: "none", spellcheck: false }));
    show("credentials", `Log in at ${stage.institution.name}`, [
      field("User name", "username", "text", "username"), field("Password", "password", "password", "current-password"), go("Log in"),
    ], {
      alert, back: otherInstitution(),
      next(form) {
        event("submit_credentials");
        entered.username = form.get("username");
        entered.password = form.get("password");
        entered.answers = [];
        step();
      },
    });
  },

  code: (stage, alert) => answer("otp", "submit_otp", stage, alert, make("input", { name: "answer", inputMode: "numeric", autocomplete: "one-time-code", required: true })),
  text: (stage, alert) => answer("mfa", "submit_mfa", stage, alert, make("input", { name: "answer", autocomplete: "off", required: true })),

  choice(stage, alert) {
    const options = stage.options.map((option) => make("label", { class: "row" }, make("input", { type: "radio", name: "answer", value: option, required: true }), option));
    show("mfa_selection", stage.prompt, [make("fieldset", {}, ...options), go("Continue")], {
      alert, back: otherInstitution(), next: (form) => answered("submit_mfa", form),
    });
  },

  oauth(stage, alert) {
    const open = make("a", { href: stage.url, target: "moneykit-oauth", rel: "opener" }, "Open the page again");
    show("oauth", `Continue at ${stage.institution.name}`, [
      make("p", {}, "Your institution opens in a window of its own. Come back here when you are done."), go("Open institution"), make("p", {}, open),
    ], {
      alert, back: otherInstitution(),
      next() {
        event("open_oauth", { institution_id: stage.institution.id });
        popup = window.open(stage.url, "moneykit-oauth");
        busy(false);
      },
    });
  },

  done(stage, alert) {
    if (stage.granted) return finish(stage);
    const asks = (stage.products ?? []).length > 0 && !entered.products;
    const chooses = (stage.accounts ?? []).length > 0 && !entered.account_ids && !entered.redirect_url;
    if (asks) return permissions(stage, alert);
    if (chooses) return accounts(stage, alert);
    return finish(stage);
  },
};

function answer(name, told, stage, alert, input) {
  const hint = stage.answer ? [make("p", {}, `The answer is ${stage.answer}.`)] : [];
  show(name, stage.prompt, [make("label", {}, "Answer", input), ...hint, go("Continue")], { alert, back: otherInstitution(), next: (form) => answered(told, form) });
}

function answered(told, form) {
  event(told);
  entered.answers = [...(entered.answers ?? []), form.get("answer") ?? ""];
  step();
}

/** Leads back to the choice of institutions, where there was one. */
function otherInstitution() {
  return entered.institution_id ? () => restart() : null;
}

function permissions(stage, alert) {
  const rows = stage.products.map((p) => make("label", { class: "row" },
    make("input", { type: "checkbox", name: "product", value: p.product, checked: true, disabled: p.required }),
    p.product.replaceAll("_", " "), make("small", {}, p.required ? "required" : "")));
  const reasons = stage.products.filter((p) => p.reason).map((p) => make("p", {}, `${p.product.replaceAll("_", " ")}: ${p.reason}`));
  show("permissions", "What may be shared?", [...rows, ...reasons, go("Allow")], {
    alert, back: otherInstitution(),
    next(form) {
      entered.products = [...form.getAll("product"), ...stage.products.filter((p) => p.required).map((p) => p.product)];
      event("submit_permissions", { products: entered.products });
      screens.done(stage, "");
    },
  });
}

function accounts(stage, alert) {
  const rows = stage.accounts.map((a) => make("label", { class: "row" },
    make("input", { type: "checkbox", name: "account", value: a.account_id, checked: true }), a.name, make("small", {}, `…${a.account_mask}`)));
  show("accounts", "Which accounts?", [...rows, go("Continue")], {
    alert, back: otherInstitution(),
    next(form) {
      entered.account_ids = form.getAll("account");
      event("submit_accounts", { count: entered.account_ids.length });
      finish(stage);
    },
  });
}

async function finish(stage) {
  const { body, refusal } = await ask("/connect/finish");
  if (refusal) return refused(refusal);
  const shared = (stage.accounts ?? []).filter((a) => !entered.account_ids || entered.account_ids.includes(a.account_id));
  const linked = { ...stage.institution, selectedAccounts: shared, trackedScreens: [] };
  event("success", { institution_id: stage.institution.id });
  show("success", `${stage.institution.name} is connected`, [make("p", {}, "You can go back to the app.")]);
  if (relink || !body.exchangeable_token) post("relink.complete", { institution: linked, link_id: body.link_id });
  else post("link.complete", { exchangeableToken: body.exchangeable_token, institution: linked, link_id: body.link_id });
}

/** Takes over the colours of a theme, as far as they are colours. */
function dress(theme) {
  const names = { brand: "accent", card: "primaryBackground", text: "primaryForeground", soft: "secondaryForeground", line: "separator", bad: "error" };
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  for (const [ours, theirs] of Object.entries(names)) {
    const colour = theme?.colors?.[theirs];
    const value = typeof colour === "object" ? colour?.[dark ? "dark" : "light"] : colour;
    if (typeof value === "string" && CSS.supports("color", value)) document.documentElement.style.setProperty(`--${ours}`, value);
  }
}

addEventListener("message", (message) => {
  const said = message.data;
  if (!said || said.moneykit !== true) return;
  if (message.source === parent && message.origin === origin) {
    if (said.type === "connect.set_color_scheme" && ["light", "dark", "auto"].includes(said.data?.colorScheme)) document.documentElement.dataset.scheme = said.data.colorScheme;
    if (said.type === "connect.set_theme") dress(said.data?.theme);
  }
  if (said.type === "link.resume" && popup && message.source === popup && typeof said.eventData?.redirectURL === "string") {
    popup.close();
    popup = null;
    entered.redirect_url = said.eventData.redirectURL;
    step();
  }
});

addEventListener("keydown", (key) => { if (key.key === "Escape") exit(); });
$("close").onclick = () => exit();

post("connect.started", {});
event("open", { mode });
step();
