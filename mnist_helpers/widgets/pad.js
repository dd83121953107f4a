// The view of widgets.Pad: local ink, and what Python answered. Python holds the truth (strokes, shown);
// every view draws from it, so that a second view, or one that was scrolled away, shows the same.

const SEND_LIMIT = 5e6; // bytes; as base64 well below the 10 MiB that Jupyter's server takes in one message
const READ_LIMIT = 100e6; // bytes; more is no photo
const SHRUNK_SIDE = 2048; // px; the network's road looks at no more
const BUSY_AFTER = 1500; // ms without an answer
const STEP = 0.02; // of the sheet: how far an arrow key moves the pen
const HINT = "Draw a digit, or bring a picture: drop it, paste it, choose a file.";
const BUSY = "No answer yet: the kernel is busy or has stopped. If it has stopped, run the cell again.";
const KEYS =
  "With the keyboard: arrow keys move the pen, Space puts it down and lifts it, Backspace undoes, Delete clears.";

function element(parent, tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  parent.append(made);
  return made;
}

function render({ model, el }) {
  const root = element(el, "div", { class: "mnist-pad" });
  const sheet = element(root, "div", { class: "sheet" });
  const canvas = element(sheet, "canvas", {
    "aria-label": "Draw a digit here",
    "aria-description": KEYS,
    role: "application",
    tabindex: 0,
  });
  const video = element(sheet, "video", { "aria-label": "The camera", playsinline: "", hidden: "" });
  video.muted = true;
  const side = element(root, "div", { class: "side" });
  const status = element(side, "div", { role: "status" });
  const result = element(side, "div", { class: "result" });
  const seen = element(element(result, "figure"), "canvas", { width: 28, height: 28, role: "img" });
  seen.setAttribute("aria-label", "The 28 by 28 pixels that the network sees");
  element(seen.parentElement, "figcaption", {}, "what the network sees");
  const table = element(result, "div", { class: "bars", role: "img" });
  const bars = Array.from({ length: 10 }, (_, digit) => {
    element(table, "span", {}, digit);
    return [element(element(table, "span", { class: "bar" }), "span"), element(table, "span")];
  });
  const tools = element(root, "div", { class: "tools" });
  const button = (text, title, act) => {
    const made = element(tools, "button", { type: "button", title }, text);
    made.addEventListener("click", act);
    return made;
  };
  const undo = button("Undo", "Take the last stroke back", takeBack);
  const clear = button("Clear", "Empty the sheet", empty);
  const chooser = element(tools, "input", { type: "file", accept: "image/*", hidden: "" });
  chooser.setAttribute("aria-label", "Picture file");
  button("Picture…", "Choose a picture; you can also drop or paste one", () => chooser.click());
  const camera = button("Camera", "Take a picture of a digit on paper", useCamera);
  const penLabel = element(tools, "label", {}, "Pen ");
  const pen = element(penLabel, "input", { type: "range", min: 0.02, max: 0.14, step: 0.01 });
  pen.setAttribute("aria-label", "Pen width");
  const liveLabel = element(tools, "label", { title: "Answer while you draw, not only at pen up" });
  const live = element(liveLabel, "input", { type: "checkbox" });
  liveLabel.append(" live");
  const road = element(root, "details");
  element(road, "summary", {}, "The steps from picture to 28×28");
  const steps = element(road, "div", { class: "steps" });

  let stroke = null; // the one that is being drawn
  let before = []; // the strokes before it
  let pointer = null;
  let pencil = null; // the keyboard's place on the sheet, [x, y]
  let picture = null; // an <img>, if not strokes but a picture is shown
  let stream = null;
  let late = 0;

  // ---- what is shown

  const ink = () => [...(stroke ? before : model.get("strokes")), ...(stroke ? [stroke] : [])];

  function paint() {
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!width) return; // not on the page
    if (canvas.width !== width) canvas.width = canvas.height = width;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, width);
    if (picture) {
      const scale = width / Math.max(picture.width, picture.height);
      const [w, h] = [picture.width * scale, picture.height * scale];
      context.drawImage(picture, (width - w) / 2, (width - h) / 2, w, h);
    }
    style(context);
    for (const points of ink()) {
      context.beginPath();
      context.moveTo(points[0][0] * width, points[0][1] * width);
      for (const [x, y] of points) context.lineTo(x * width, y * width);
      context.stroke();
    }
    if (pencil && document.activeElement === canvas) {
      const [x, y] = pencil.map((at) => at * width);
      context.lineWidth = 2 * devicePixelRatio;
      context.strokeStyle = getComputedStyle(status).getPropertyValue("--accent");
      context.beginPath();
      context.arc(x, y, context.lineWidth * 4, 0, 7);
      context.stroke();
    }
  }

  function style(context) {
    context.lineWidth = model.get("pen") * canvas.width;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = getComputedStyle(canvas).color;
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  const waiting = () => (model.get("shown").asked ?? 0) !== model.get("asked");

  function showAnswer() {
    const shown = model.get("shown");
    if (!waiting()) {
      clearTimeout(late);
      status.removeAttribute("aria-busy");
      say(shown.says || HINT);
    }
    status.classList.toggle("doubt", !shown.confident);
    const probabilities = shown.probabilities ?? Array(10).fill(0);
    const best = shown.probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
    bars.forEach(([bar, number], digit) => {
      bar.style.width = `${100 * probabilities[digit]}%`;
      bar.classList.toggle("best", digit === best);
      number.textContent = shown.probabilities ? percent(probabilities[digit]) : "";
    });
    table.setAttribute(
      "aria-label",
      "The ten probabilities" + (best < 0 ? "" : ": " + probabilities.map((p, d) => `${d}: ${percent(p)}`).join(", ")),
    );
    const pixels = new ImageData(28, 28);
    const bytes = atob(shown.image ?? "");
    for (let at = 0; at < 784; at++) {
      pixels.data.fill(bytes.charCodeAt(at) || 0, 4 * at, 4 * at + 3);
      pixels.data[4 * at + 3] = 255;
    }
    seen.getContext("2d").putImageData(pixels, 0, 0);
    if (!shown.picture) picture = null;
    if (shown.picture || road.open) model.send({ do: "steps" });
    paint();
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
    if (model.get("shown").picture && made.length) {
      const loaded = new Image();
      loaded.onload = () => {
        if (model.get("shown").picture) picture = loaded;
        paint();
      };
      loaded.src = made[0][1];
    }
  }

  // ---- asking

  function ask() {
    model.set("asked", model.get("asked") + 1);
    status.setAttribute("aria-busy", "true");
    clearTimeout(late);
    late = setTimeout(() => waiting() && say(BUSY), BUSY_AFTER);
  }

  function send(strokes) {
    // Live has asked with just these; Python answers only what has changed.
    if (JSON.stringify(strokes) === JSON.stringify(model.get("strokes"))) return;
    stopCamera();
    ask();
    model.set("strokes", strokes);
    model.save_changes();
  }

  function takeBack() {
    if (stroke) return;
    if (model.get("strokes").length) send(model.get("strokes").slice(0, -1));
    else empty();
  }

  function empty() {
    stroke = picture = pointer = null;
    ask();
    model.set("strokes", []);
    model.save_changes();
    model.send({ do: "clear", asked: model.get("asked") });
    stopCamera();
    say(HINT);
    paint();
  }

  // ---- drawing: a stroke is begun, continued and ended by a pointer or by the keyboard

  const on = (part) => Math.round(1000 * Math.min(1, Math.max(0, part))) / 1000;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [on((event.clientX - box.left) / box.width), on((event.clientY - box.top) / box.height)];
  }

  function begin(point) {
    before = model.get("strokes");
    stroke = [point];
    picture = null;
    paint();
  }

  function go(point) {
    const last = stroke.at(-1);
    if (Math.hypot(point[0] - last[0], point[1] - last[1]) < 0.003) return;
    stroke.push(point);
    const context = canvas.getContext("2d");
    style(context);
    context.beginPath();
    context.moveTo(last[0] * canvas.width, last[1] * canvas.width);
    context.lineTo(point[0] * canvas.width, point[1] * canvas.width);
    context.stroke();
    if (model.get("live") && !waiting()) send([...before, [...stroke]]);
  }

  function end() {
    const all = [...before, stroke];
    stroke = pointer = null;
    send(all);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (stroke || event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    pencil = null;
    pointer = event.pointerId;
    begin(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const each of passed.length ? passed : [event]) go(place(each));
  });
  for (const kind of ["pointerup", "pointercancel"])
    canvas.addEventListener(kind, (event) => event.pointerId === pointer && end());
  canvas.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (pointer !== null) return;
    const { key } = event;
    if (MOVES[key]) {
      pencil = (pencil ?? [0.5, 0.5]).map((at, axis) => on(at + STEP * MOVES[key][axis]));
      if (stroke) go(pencil);
    } else if (key === " " || key === "Enter") {
      pencil ??= [0.5, 0.5];
      if (stroke) end();
      else begin(pencil);
    } else if (key === "Backspace" || (key === "z" && (event.ctrlKey || event.metaKey))) takeBack();
    else if (key === "Delete") empty();
    else return;
    event.preventDefault();
    paint();
  });
  canvas.addEventListener("blur", () => (stroke && pointer === null ? end() : paint()));
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible") && !model.get("strokes").length) say(KEYS);
    paint();
  });

  // ---- pictures

  async function bring(blob, name) {
    try {
      say("Reading the picture…");
      if (blob.size > READ_LIMIT) throw new Error(`${name} is too large (${megabytes(blob)}); shrink it first.`);
      let small = blob;
      // What Pillow does not read, a browser may: SVG everywhere, HEIC in Safari.
      if (blob.size > SEND_LIMIT || /svg|hei[cf]/.test(blob.type)) {
        small = await shrunk(blob).catch(() => blob);
        if (small.size > SEND_LIMIT)
          throw new Error(
            `${name} is too large to send (${megabytes(blob)}), and the browser cannot shrink it; save it as JPEG or PNG.`,
          );
      }
      const data = await base64(small);
      picture = stroke = null;
      ask();
      model.save_changes();
      model.send({ do: "picture", asked: model.get("asked"), data });
    } catch (error) {
      say(error.message?.startsWith(name) ? error.message : `${name} cannot be read (${error.message ?? error}).`);
    }
  }

  chooser.addEventListener("change", () => {
    if (chooser.files.length) bring(chooser.files[0], chooser.files[0].name);
    chooser.value = ""; // the same file may be chosen again
  });

  function take(event, files) {
    event.preventDefault();
    event.stopPropagation();
    stopCamera();
    if (files.length === 1) bring(files[0], files[0].name || "the picture");
    else say(files.length ? "Bring one picture at a time." : "That holds no picture file; save the picture and choose it.");
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

  async function useCamera() {
    if (stream) {
      const frame = new OffscreenCanvas(video.videoWidth, video.videoHeight);
      frame.getContext("2d").drawImage(video, 0, 0);
      stopCamera();
      return bring(await frame.convertToBlob({ type: "image/jpeg", quality: 0.95 }), "the photo");
    }
    try {
      if (!navigator.mediaDevices)
        throw new Error("the browser gives it only to pages from this machine or over https");
      camera.disabled = true;
      say("Waiting for the camera…");
      const asked = { video: { facingMode: "environment", width: { ideal: 1280 } } };
      stream = await navigator.mediaDevices.getUserMedia(asked);
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      camera.textContent = "Take it";
      say("Hold the digit before the camera, then press “Take it”.");
    } catch (error) {
      stopCamera();
      say(`No camera: ${error.message}.`);
    } finally {
      camera.disabled = false;
    }
  }

  function stopCamera() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
    video.hidden = true;
    camera.textContent = "Camera";
  }

  // ---- settings

  function showSettings() {
    pen.value = model.get("pen");
    live.checked = model.get("live");
    paint();
  }
  pen.addEventListener("input", () => {
    model.set("pen", Number(pen.value));
    if (model.get("strokes").length) ask();
    model.save_changes();
  });
  live.addEventListener("change", () => {
    model.set("live", live.checked);
    model.save_changes();
  });
  road.addEventListener("toggle", () => road.open && model.send({ do: "steps" }));

  // Jupyter's shortcuts ("d d" deletes the cell) are off while something in here has the focus.
  for (const each of root.querySelectorAll("canvas, button, input, summary")) each.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const listeners = {
    "change:strokes": () => stroke || paint(),
    "change:shown": showAnswer,
    "change:pen": showSettings,
    "change:live": showSettings,
    "msg:custom": showSteps,
  };
  for (const [name, act] of Object.entries(listeners)) model.on(name, act);
  const resized = new ResizeObserver(paint);
  resized.observe(canvas);
  const themed = new MutationObserver(() => requestAnimationFrame(paint)); // Jupyter says on the body which theme it has
  themed.observe(document.body, { attributes: true });
  showSettings();
  showAnswer();
  return () => {
    for (const [name, act] of Object.entries(listeners)) model.off(name, act);
    resized.disconnect();
    themed.disconnect();
    clearTimeout(late);
    stopCamera();
  };
}

const percent = (share) => (share >= 0.005 ? `${Math.round(100 * share)} %` : "");
const megabytes = (blob) => `${Math.round(blob.size / 1e6)} MB`;

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

export default { render };
