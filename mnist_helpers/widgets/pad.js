// The view of widgets.Pad: ink in the browser, and what Python answered. Python holds the state (strokes, shown);
// every view paints from it, so that a second view, or one that was scrolled away, shows the same.
// `render` wires the parts; a part knows only those that it is handed.

const SEND_LIMIT = 7e6; // bytes; as base64 9.3 MB, below the 10 MiB that Jupyter's server takes in one message
const READ_LIMIT = 100e6; // bytes; more is no photo
const SHRUNK_SIDE = 2048; // px; preprocessing looks at no more
const BUSY_AFTER = 1500; // ms without an answer
const STEP = 0.02; // of the sheet: how far an arrow key moves the pen
const NEAR = 0.003; // of the sheet: a point this close to the last one adds nothing
const HINT = "Draw a digit, or bring a picture: drop it, paste it or choose a file.";
const BUSY = "No answer yet: the kernel is busy or has stopped. If it has stopped, run the cell again.";
const KEYS =
  "With the keyboard: arrow keys move the pen, Space puts it down and lifts it, Backspace undoes, Delete clears.";

function render({ model, el }) {
  const parts = build(el);
  const status = createStatus(model, parts.status);
  const sheet = createSheet(model, parts.canvas);
  const camera = createCamera(parts.video, parts.camera, status.say);
  const pen = createPen(model, sheet, status, camera);
  const bring = createBring(model, sheet, status);
  const answer = createAnswer(model, sheet, status, parts);
  const settings = createSettings(model, sheet, status, parts);

  drawByPointer(parts.canvas, sheet, pen);
  drawByKeyboard(parts.canvas, sheet, pen, status.say);
  parts.undo.addEventListener("click", pen.undo);
  parts.clear.addEventListener("click", pen.clear);
  pickPictures(parts, bring);
  pasteAndDrop(parts.root, bring, status, camera);
  parts.camera.addEventListener("click", async () => {
    if (camera.isOn()) bring(await camera.photograph(), "the photo");
    else camera.start();
  });

  // Jupyter's shortcuts ("d d" deletes the cell) are off while something in here has the focus.
  for (const each of parts.root.querySelectorAll("canvas, button, input, summary"))
    each.dataset.lmSuppressShortcuts = "true";
  parts.root.addEventListener("keydown", (event) => event.stopPropagation());

  const listeners = {
    "change:strokes": () => sheet.stroke || sheet.paint(),
    "change:shown": answer.show,
    "change:pen": settings.show,
    "change:live": settings.show,
    "msg:custom": answer.showSteps,
  };
  for (const [name, act] of Object.entries(listeners)) model.on(name, act);
  const resized = new ResizeObserver(sheet.paint);
  resized.observe(parts.canvas);
  // Jupyter says on the body which theme it has.
  const themed = new MutationObserver(() => requestAnimationFrame(sheet.paint));
  themed.observe(document.body, { attributes: true });
  settings.show();
  answer.show();
  return () => {
    for (const [name, act] of Object.entries(listeners)) model.off(name, act);
    resized.disconnect();
    themed.disconnect();
    status.close();
    camera.stop();
  };
}

// ---- elements

function element(parent, tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  parent.append(made);
  return made;
}

function build(el) {
  const root = element(el, "div", { class: "mnist-pad" });
  return { root, ...buildSheet(root), ...buildAnswer(root), ...buildTools(root), ...buildSteps(root) };
}

function buildSheet(root) {
  const sheet = element(root, "div", { class: "sheet" });
  const names = { "aria-label": "Draw a digit here", "aria-description": KEYS };
  const canvas = element(sheet, "canvas", { ...names, role: "application", tabindex: 0 });
  const video = element(sheet, "video", { "aria-label": "The camera", playsinline: "" });
  video.muted = video.hidden = true;
  return { canvas, video };
}

function buildAnswer(root) {
  const side = element(root, "div", { class: "side" });
  const status = element(side, "div", { role: "status" });
  const result = element(side, "div", { class: "result" });
  const figure = element(result, "figure");
  const label = "The 28 by 28 pixels that the network sees";
  const seen = element(figure, "canvas", { width: 28, height: 28, role: "img", "aria-label": label });
  element(figure, "figcaption", {}, "what the network sees");
  const table = element(result, "div", { class: "bars", role: "img" });
  const bars = Array.from({ length: 10 }, (_, digit) => {
    element(table, "span", {}, digit);
    return { bar: element(element(table, "span", { class: "bar" }), "span"), number: element(table, "span") };
  });
  return { status, seen, table, bars };
}

function buildTools(root) {
  const tools = element(root, "div", { class: "tools" });
  const button = (text, title) => element(tools, "button", { type: "button", title }, text);
  const undo = button("Undo", "Undo the last stroke");
  const clear = button("Clear", "Clear the sheet");
  const chooser = element(tools, "input", { type: "file", accept: "image/*", "aria-label": "Picture file" });
  chooser.hidden = true;
  const choose = button("Picture…", "Choose a picture; you can also drop or paste one");
  const camera = button("Camera", "Take a picture of a digit on paper");
  const penLabel = element(tools, "label", {}, "Pen ");
  const range = { min: 0.02, max: 0.14, step: 0.01 };
  const penWidth = element(penLabel, "input", { type: "range", ...range, "aria-label": "Pen width" });
  const liveLabel = element(tools, "label", { title: "Answer while you draw, not only when you lift the pen" });
  const live = element(liveLabel, "input", { type: "checkbox" });
  liveLabel.append(" live");
  return { undo, clear, chooser, choose, camera, penWidth, live };
}

function buildSteps(root) {
  const details = element(root, "details");
  element(details, "summary", {}, "The steps from picture to 28×28");
  return { details, steps: element(details, "div", { class: "steps" }) };
}

// ---- asking: each question has a number, and Python's answer says which one it answers

function createStatus(model, line) {
  let late = 0;

  // The same text is not set again: a screen reader would read it again.
  function say(text) {
    if (line.textContent !== text) line.textContent = text;
  }

  const waiting = () => (model.get("shown").asked ?? 0) !== model.get("asked");

  function ask() {
    model.set("asked", model.get("asked") + 1);
    line.setAttribute("aria-busy", "true");
    clearTimeout(late);
    late = setTimeout(() => waiting() && say(BUSY), BUSY_AFTER);
  }

  function show({ says, confident }) {
    if (!waiting()) {
      clearTimeout(late);
      line.removeAttribute("aria-busy");
      say(says || HINT);
    }
    line.classList.toggle("doubt", !confident);
  }

  return { say, waiting, ask, show, close: () => clearTimeout(late) };
}

// ---- the sheet: what is on it, and painting that

function createSheet(model, canvas) {
  const sheet = {
    stroke: null, // the one that is being drawn: its points, and the pointer that draws it, if not the keyboard
    before: [], // the strokes before it
    cursor: null, // the keyboard's place on the sheet, [x, y]
    picture: null, // an <img>, if not strokes but a picture is shown
    drawn,
    paint,
    paintLine,
  };

  // All strokes. While one is being drawn Python may change its own: those come with the end of this one.
  function drawn() {
    return sheet.stroke ? [...sheet.before, sheet.stroke.points] : model.get("strokes");
  }

  function paint() {
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!width) return; // not on the page
    if (canvas.width !== width) canvas.width = canvas.height = width;
    canvas.getContext("2d").clearRect(0, 0, width, width);
    if (sheet.picture) paintPicture();
    drawn().forEach(paintLine);
    if (sheet.cursor && document.activeElement === canvas) paintCursor();
  }

  function paintPicture() {
    const { picture } = sheet;
    const scale = canvas.width / Math.max(picture.width, picture.height);
    const [w, h] = [picture.width * scale, picture.height * scale];
    canvas.getContext("2d").drawImage(picture, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
  }

  function paintLine(points) {
    const context = canvas.getContext("2d");
    context.lineWidth = model.get("pen") * canvas.width;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = getComputedStyle(canvas).color;
    context.beginPath();
    context.moveTo(points[0][0] * canvas.width, points[0][1] * canvas.width);
    for (const [x, y] of points) context.lineTo(x * canvas.width, y * canvas.width);
    context.stroke();
  }

  function paintCursor() {
    const context = canvas.getContext("2d");
    const [x, y] = sheet.cursor.map((at) => at * canvas.width);
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeStyle = getComputedStyle(canvas).getPropertyValue("--accent");
    context.beginPath();
    context.arc(x, y, context.lineWidth * 4, 0, 7);
    context.stroke();
  }

  return sheet;
}

// ---- drawing: a stroke is begun, continued and ended, by a pointer or by the keyboard

function createPen(model, sheet, status, camera) {
  function send(strokes) {
    // Live has asked with just these; Python answers only what has changed.
    if (JSON.stringify(strokes) === JSON.stringify(model.get("strokes"))) return;
    camera.stop();
    status.ask();
    model.set("strokes", strokes);
    model.save_changes();
  }

  function begin(point, pointer = null) {
    sheet.before = model.get("strokes");
    sheet.stroke = { points: [point], pointer };
    sheet.picture = null;
    sheet.paint();
  }

  function go(point) {
    const { points } = sheet.stroke;
    const last = points.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) < NEAR) return;
    points.push(point);
    sheet.paintLine([last, point]); // not the whole sheet: ink should be there within the same frame
    if (model.get("live") && !status.waiting()) send([...sheet.before, [...points]]);
  }

  function end() {
    const strokes = sheet.drawn();
    sheet.stroke = null;
    send(strokes);
  }

  function undo() {
    if (sheet.stroke) return;
    if (model.get("strokes").length) send(model.get("strokes").slice(0, -1));
    else clear();
  }

  function clear() {
    sheet.stroke = sheet.picture = null;
    camera.stop();
    status.ask();
    model.set("strokes", []);
    model.save_changes();
    model.send({ do: "clear", asked: model.get("asked") }); // a picture goes too, which is no stroke
    status.say(HINT);
    sheet.paint();
  }

  return { begin, go, end, undo, clear };
}

const onSheet = (part) => Math.round(1000 * Math.min(1, Math.max(0, part))) / 1000;

function drawByPointer(canvas, sheet, pen) {
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [onSheet((event.clientX - box.left) / box.width), onSheet((event.clientY - box.top) / box.height)];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (sheet.stroke || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    sheet.cursor = null;
    pen.begin(place(event), event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== sheet.stroke?.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) pen.go(place(each));
  });
  for (const kind of ["pointerup", "pointercancel"])
    canvas.addEventListener(kind, (event) => event.pointerId === sheet.stroke?.pointer && pen.end());
  canvas.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function drawByKeyboard(canvas, sheet, pen, say) {
  const pointerDraws = () => sheet.stroke && sheet.stroke.pointer !== null;

  canvas.addEventListener("keydown", (event) => {
    if (pointerDraws()) return;
    const { key } = event;
    if (MOVES[key]) {
      sheet.cursor = (sheet.cursor ?? [0.5, 0.5]).map((at, axis) => onSheet(at + STEP * MOVES[key][axis]));
      if (sheet.stroke) pen.go(sheet.cursor);
    } else if (key === " " || key === "Enter") {
      sheet.cursor ??= [0.5, 0.5];
      if (sheet.stroke) pen.end();
      else pen.begin(sheet.cursor);
    } else if (key === "Backspace" || (key === "z" && (event.ctrlKey || event.metaKey))) pen.undo();
    else if (key === "Delete") pen.clear();
    else return;
    event.preventDefault();
    sheet.paint();
  });
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible") && !sheet.drawn().length) say(KEYS);
    sheet.paint(); // the cursor
  });
  canvas.addEventListener("blur", () => {
    if (sheet.stroke && !pointerDraws()) pen.end();
    sheet.paint();
  });
}

// ---- pictures: chosen, pasted, dropped or photographed

function createBring(model, sheet, status) {
  return async function bring(blob, name) {
    try {
      status.say("Reading the picture…");
      const data = await base64(await sendable(blob, name));
      sheet.picture = sheet.stroke = null;
      status.ask();
      model.save_changes();
      // A message, not state: state would be saved with the notebook.
      model.send({ do: "picture", asked: model.get("asked"), data });
    } catch (error) {
      const why = error.message ?? `${error}`;
      status.say(why.startsWith(name) ? why : `${name} cannot be read (${why}).`);
    }
  };
}

function pickPictures({ chooser, choose }, bring) {
  choose.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    if (chooser.files.length) bring(chooser.files[0], chooser.files[0].name);
    chooser.value = ""; // the same file may be chosen again
  });
}

function pasteAndDrop(root, bring, status, camera) {
  function take(event, files) {
    event.preventDefault();
    event.stopPropagation();
    camera.stop();
    if (files.length === 1) bring(files[0], files[0].name || "the picture");
    else if (files.length) status.say("Bring one picture at a time.");
    else status.say("That holds no picture file; save the picture and choose it.");
  }

  root.addEventListener("paste", (event) => take(event, event.clipboardData.files));
  root.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.stopPropagation();
    root.classList.add("over");
  });
  root.addEventListener("dragleave", () => root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    root.classList.remove("over");
    take(event, event.dataTransfer.files);
  });
}

// The picture as it is sent: itself, or a smaller one if it is large.
// Python reads pixels, which an SVG has only once the browser has drawn it.
async function sendable(blob, name) {
  if (blob.size > READ_LIMIT) throw new Error(`${name} is too large (${megabytes(blob)}); shrink it first.`);
  if (blob.size <= SEND_LIMIT && !/svg/.test(blob.type)) return blob;
  const small = await shrunk(blob).catch(() => blob);
  if (small.size <= SEND_LIMIT) return small;
  throw new Error(
    `${name} is too large to send (${megabytes(blob)}), and the browser cannot shrink it; save it as JPEG or PNG.`,
  );
}

async function shrunk(blob) {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  try {
    await image.decode();
    const [w, h] = [image.naturalWidth || 1, image.naturalHeight || 1]; // an SVG may name no size
    const scale = SHRUNK_SIDE / Math.max(w, h, /svg/.test(blob.type) ? 1 : SHRUNK_SIDE);
    const small = new OffscreenCanvas(Math.max(1, Math.round(w * scale)), Math.max(1, Math.round(h * scale)));
    small.getContext("2d").drawImage(image, 0, 0, small.width, small.height);
    const png = await small.convertToBlob(); // keeps transparency
    if (png.size <= SEND_LIMIT) return png;
    return await small.convertToBlob({ type: "image/jpeg", quality: 0.95 });
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

const megabytes = (blob) => `${Math.round(blob.size / 1e6)} MB`;

// ---- the camera: its view lies over the sheet until a picture is taken

function createCamera(video, button, say) {
  let stream = null;

  async function start() {
    try {
      if (!navigator.mediaDevices)
        throw new Error("the browser allows it only to pages from this machine or over https");
      button.disabled = true;
      say("Waiting for the camera…");
      const wanted = { video: { facingMode: "environment", width: { ideal: 1280 } } };
      stream = await navigator.mediaDevices.getUserMedia(wanted);
      if (!video.isConnected) return stop(); // the pad was closed meanwhile
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      button.textContent = "Take it";
      say("Hold the digit up to the camera, then press “Take it”.");
    } catch (error) {
      stop();
      say(`No camera: ${error.message}.`);
    } finally {
      button.disabled = false;
    }
  }

  async function photograph() {
    const frame = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    frame.getContext("2d").drawImage(video, 0, 0);
    stop();
    return frame.convertToBlob({ type: "image/jpeg", quality: 0.95 });
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    video.hidden = true;
    button.textContent = "Camera";
  }

  return { isOn: () => stream !== null, start, photograph, stop };
}

// ---- the answer

function createAnswer(model, sheet, status, { seen, table, bars, details, steps }) {
  const askForSteps = () => model.send({ do: "steps" });
  details.addEventListener("toggle", () => details.open && askForSteps());

  function show() {
    const shown = model.get("shown");
    status.show(shown);
    showProbabilities(shown.probabilities);
    showPixels(atob(shown.image ?? ""));
    if (!shown.picture) sheet.picture = null;
    if (shown.picture || details.open) askForSteps(); // the first of them is the picture
    sheet.paint();
  }

  function showProbabilities(probabilities) {
    const best = probabilities?.indexOf(Math.max(...probabilities));
    bars.forEach(({ bar, number }, digit) => {
      bar.style.width = `${100 * (probabilities?.[digit] ?? 0)}%`;
      bar.classList.toggle("best", digit === best);
      number.textContent = probabilities ? percent(probabilities[digit]) : "";
    });
    const each = probabilities?.map((p, digit) => `${digit}: ${percent(p)}`).join(", ");
    table.setAttribute("aria-label", "The ten probabilities" + (each ? `: ${each}` : ""));
  }

  function showPixels(bytes) {
    const pixels = new ImageData(28, 28);
    for (let at = 0; at < 784; at++) {
      pixels.data.fill(bytes.charCodeAt(at) || 0, 4 * at, 4 * at + 3);
      pixels.data[4 * at + 3] = 255;
    }
    seen.getContext("2d").putImageData(pixels, 0, 0);
  }

  function showSteps({ steps: made }) {
    if (!made) return;
    steps.replaceChildren();
    for (const [name, url] of made) {
      const figure = element(steps, "figure");
      element(figure, "img", { src: url, alt: "" });
      element(figure, "figcaption", {}, name);
    }
    if (!made.length) element(steps, "p", {}, "Nothing is shown yet.");
    else if (model.get("shown").picture) showPicture(made[0][1]);
  }

  function showPicture(url) {
    const loaded = new Image();
    loaded.onload = () => {
      if (model.get("shown").picture) sheet.picture = loaded;
      sheet.paint();
    };
    loaded.src = url;
  }

  return { show, showSteps };
}

const percent = (probability) => (probability >= 0.005 ? `${Math.round(100 * probability)} %` : "");

// ---- settings

function createSettings(model, sheet, status, { penWidth, live }) {
  penWidth.addEventListener("input", () => {
    model.set("pen", Number(penWidth.value));
    if (model.get("strokes").length) status.ask();
    model.save_changes();
  });
  live.addEventListener("change", () => {
    model.set("live", live.checked);
    model.save_changes();
  });

  function show() {
    penWidth.value = model.get("pen");
    live.checked = model.get("live");
    sheet.paint();
  }

  return { show };
}

export default { render };
