// The page around Connect: it frames it, and passes on to till what it tells.

const config = JSON.parse(document.getElementById("config").textContent);
const connect = new URL(config.connect).origin; // as browsers write it
let frame = null;
let told = Promise.resolve(); // that all messages so far have arrived
let over = false; // Connect has told how it ended
const pauses = [500, 1000, 2000, 4000, 8000]; // before till is tried again, in milliseconds

function show(title, text) {
  frame?.remove();
  frame = null;
  document.getElementById("title").textContent = document.title = title;
  document.getElementById("text").textContent = text;
  document.getElementById("title").focus();
}

/** Posts a message to till, again for some time when the network fails. */
async function post(body, [pause, ...later] = pauses) {
  try {
    return await fetch(config.tell, { method: "POST", headers: { "Content-Type": "application/json" }, body, signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    if (!pause) throw error;
    await new Promise((resume) => { setTimeout(resume, pause); });
    return post(body, later);
  }
}

/** Passes a message on to till, after those before it. The promise is for the answer's status. */
function tell(type, data) {
  told = told.then(async () => {
    const { ok, status } = await post(JSON.stringify({ page: config.page, type, data }));
    const spared = type === "link.event" && [400, 413].includes(status); // an event that till cannot read
    const older = type === "link.exit" && status === 409; // than the page that Connect goes on in
    if (!ok && !spared && !older) throw new Error(String(status));
    return status;
  });
  told.catch(() => giveUp(type, data));
  return told;
}

/** Shows that till does not take a message. A new link's token is not lost with it. */
function giveUp(type, data) {
  const token = type === "link.complete" && !config.relink && data?.exchangeableToken;
  if (token) {
    show("till cannot be reached", "If the terminal still waits, press v there and paste this token:");
    document.getElementById("token").textContent = token;
  } else {
    show("till is not waiting any more", "Go back to the terminal and begin again.");
  }
}

/** Passes on how Connect ended, and shows that. What it tells later does not matter. */
function end(type, data, title, text) {
  over = true;
  tell(type, data).then((status) => {
    if (status === 409) show("Connect goes on in another tab", "This one can be closed.");
    else show(title, text);
  }, () => {});
}

function open() {
  const query = new URLSearchParams({
    linkSessionToken: config.token, origin: location.origin, applicationName: "till", stepTimers: "false", launcherVersion: "0.3.28",
  });
  if (config.back) query.set("redirectURL", location.href);
  frame = document.createElement("iframe");
  frame.title = "Connect";
  frame.src = `${connect}${config.path}?${query}`;
  frame.onload = () => frame?.focus();
  document.body.append(frame);
}

addEventListener("message", ({ origin, source, data }) => {
  if (origin !== connect || !frame || over || source !== frame.contentWindow || data?.moneykit !== true) return;
  switch (data.type) {
    case "connect.started":
      source.postMessage({ moneykit: true, type: "connect.set_color_scheme", data: { colorScheme: "auto" } }, origin);
      source.postMessage({ moneykit: true, type: "connect.set_theme", data: { theme } }, origin);
      break;
    case "link.event":
      tell(data.type, data.data).catch(() => {});
      break;
    case "link.complete":
    case "relink.complete":
      end(data.type, data.data, "Done", "Go back to the terminal; this page can be closed.");
      break;
    case "link.exit":
      end(data.type, data.data, "You left Connect", "Go back to the terminal to try again; this page can be closed.");
      break;
    case "link.close_oauth":
      close();
  }
});

const by = (light, dark) => ({ light, dark });
const type = (size, lineHeight, weight) => ({ size, lineHeight, letterSpacing: "0", weight });

/** Till's colours for Connect, with all that Connect's type of theme requires. */
const theme = {
  colors: {
    accent: by("#0b7a75", "#4fd1c5"),
    primaryBackground: by("#ffffff", "#172224"), secondaryBackground: by("#f4f7f7", "#10181a"),
    primaryContent: by("#ffffff", "#1e2c2e"), secondaryContent: by("#f4f7f7", "#1e2c2e"),
    primaryForeground: by("#12211f", "#e6efee"), secondaryForeground: by("#55696a", "#93a8a8"), tertiaryForeground: by("#8da09f", "#5f7576"),
    primaryFill: by("#dbe5e4", "#2b3c3e"), secondaryFill: by("#e6eeed", "#243335"), tertiaryFill: by("#eef3f3", "#1e2c2e"),
    success: by("#1a7f37", "#56d364"), warning: by("#9a6700", "#e3b341"), error: by("#b3261e", "#ff8a80"),
    separator: by("#dbe5e4", "#2b3c3e"), selection: by("#cfe3e1", "#2f4a4b"),
  },
  typography: {
    fontFamily: "system-ui, sans-serif",
    largeTitle: type("30px", "38px", 700), title1: type("26px", "32px", 700), title2: type("22px", "28px", 700), title3: type("19px", "25px", 700),
    body: type("16px", "24px", 400), smallBody: type("12px", "17px", 400), button: type("16px", "24px", 600), input: type("16px", "24px", 400),
  },
  images: {},
  spacing: { contentHorizontalInset: "24px", buttonHorizontalInset: "24px" },
  components: {
    navigationBar: { height: "56px" },
    contentView: { borderRadius: "12px", boxShadow: null, border: null, separatorStyle: "all_except_last" },
    button: { height: "48px", borderRadius: "10px", inheritInstitutionColor: false },
    searchInput: {
      backgroundColor: null, height: "46px", borderRadius: "10px", border: by("1px solid #dbe5e4", "1px solid #2b3c3e"), alignment: "left",
      focus: { glow: true, backgroundColor: null, border: null, boxShadow: null },
    },
    textField: { backgroundColor: null, height: "48px", borderRadius: "10px", boxShadow: null, focus: { glow: true, backgroundColor: null, border: null, boxShadow: null } },
    progressSpinner: { strokeWidth: 6, diameter: 48, lineCap: "round" },
    icon: { strokeWidth: 6, lineCap: "round" },
    separator: { height: "1px" },
  },
  screens: {
    finder: {
      title: "Connect your bank", subtitle: null, searchPlaceholder: "Search", institutionCellBoxShadow: null, institutionCellBorderRadius: "10px",
      institutionCellBorder: by("1px solid #dbe5e4", "1px solid #2b3c3e"), institutionCellSpacing: "12px", institutionCellBackgroundColor: null,
    },
  },
  modal: { borderRadius: "16px", boxShadow: null, overlayBackgroundColor: by("#12211f66", "#000000bb"), overlayBackdropFilter: null },
  popover: { borderRadius: "16px", boxShadow: null },
};

if (config.back && opener) {
  // A window that Connect opened: Connect goes on where it waits.
  opener.postMessage({ moneykit: true, type: "link.resume", eventData: { redirectURL: location.href } }, connect);
  show("Back from the bank", "This window can be closed.");
} else {
  open();
}
