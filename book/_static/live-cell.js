// Live cells: the bar under a code cell tagged `live` edits and runs its code. Python runs in live-worker.js, which
// starts, and fetches anything at all, when Run is first pressed.
(() => {
  const script = document.currentScript.src;

  const memory = pageMemory("live-cell");

  const cells = [...document.querySelectorAll("div.cell")]
    .map((element, i) => ({
      element,
      number: i + 1,
      source: element.querySelector(".cell_input pre"),
      bar: element.querySelector(".live-bar"),
      output: element.querySelector(".live-output"),
    }))
    .filter(({ element, source }) => source && !element.matches(".tag_movable, .tag_no-live"));
  const live = cells.filter((cell) => cell.bar);
  const find = (number) => cells.find((cell) => cell.number === number);

  let worker = null;
  let asked = null; // the live cell whose Run was pressed, until it ends
  const ran = new Map(); // cells that Python has run, with the code that they had

  const original = (cell) => cell.source.textContent.replace(/\n$/, "");
  const code = (cell) => cell.area?.value ?? original(cell);
  const button = (cell, name) => cell.bar.querySelector(`.live-${name}`);

  const say = (cell, ...what) => cell.bar.querySelector(".live-status").replaceChildren(...what);

  const place = (cell) => {
    const a = document.createElement("a");
    cell.element.id ||= `cell-${cell.number}`;
    a.href = `#${cell.element.id}`;
    a.textContent = `cell ${cell.number}`;
    return a;
  };

  // A button that can't be used keeps the focus, which `disabled` would take away.
  const refresh = () => {
    for (const cell of live) {
      const usable = { run: !asked, stop: asked === cell, reset: cell.area || cell.output.hasChildNodes() };
      for (const name in usable) button(cell, name).setAttribute("aria-disabled", String(!usable[name]));
    }
  };

  // --- output ---

  const showStatic = (cell, shown) => {
    for (const node of cell.element.querySelectorAll(".cell_output")) node.hidden = !shown;
  };

  const begin = (cell) => {
    cell.output.replaceChildren();
    showStatic(cell, false);
  };

  const show = ({ output }, kind, text) => {
    if (kind === "figure") {
      const [alt, content] = text.split("\n");
      output.append(Object.assign(new Image(), { alt, src: `data:image/png;base64,${content}` }));
      return;
    }
    let block = output.lastElementChild;
    if (block?.dataset.kind !== kind) {
      block = document.createElement("pre");
      block.dataset.kind = kind;
      output.append(block);
    }
    block.append(text);
  };

  // --- running ---

  const end = (...what) => {
    say(asked, ...what);
    asked = null;
    refresh();
  };

  const stop = (...what) => {
    worker.terminate();
    worker = null;
    ran.clear();
    end(...what);
  };

  const receive = {
    status: ({ text }) => say(asked, text),
    running({ number }) {
      // What it gave before is gone, and so is what later cells made of it.
      for (const other of [...ran.keys()]) if (other >= number) ran.delete(other);
      const cell = find(number);
      if (cell.bar) begin(cell);
      say(asked, ...(cell === asked ? ["Running this cell …"] : ["Running ", place(cell), ", which comes first …"]));
    },
    shown({ number, kind, text }) {
      if (!asked) return; // from a task that outlived its cell
      const cell = find(number);
      if (cell.bar) show(cell, kind, text);
      else if (kind === "error") show(asked, kind, text);
    },
    ran: ({ number, code }) => ran.set(number, code),
    finished({ wrong }) {
      const cell = find(wrong);
      if (!cell) end("Done.");
      else if (cell === asked) end("Stopped by an error.");
      else end("Stopped by an error in ", place(cell), ", which comes first.");
    },
    broken: ({ text }) => stop(text),
  };

  const startWorker = () => {
    const mine = new Worker(new URL("live-worker.js", script), { type: "module" });
    mine.onmessage = ({ data }) => mine === worker && receive[data.type](data);
    mine.onerror = () => {
      if (mine !== worker) return;
      if (asked) stop("Python can't be started: this site can't be reached. Are you offline?");
      else {
        worker = null;
        ran.clear();
      }
    };
    return mine;
  };

  const run = (cell) => {
    if (asked) return;
    if (location.protocol === "file:") {
      say(cell, "Running needs a web server. In the folder of the book's pages run ");
      const command = document.createElement("code");
      command.textContent = "python -m http.server";
      cell.bar.querySelector(".live-status").append(command, " and open http://localhost:8000/.");
      return;
    }
    const wanted = cells.filter(
      (other) => other === cell || (other.number < cell.number && ran.get(other.number) !== code(other)),
    );
    asked = cell;
    refresh();
    for (const one of worker ? [cell] : live) say(one, one === cell ? "Starting …" : "");
    worker ??= startWorker();
    worker.postMessage(wanted.map((one) => ({ number: one.number, code: code(one) })));
  };

  // --- editing ---

  const fit = (area) => {
    area.style.height = "0";
    area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
  };

  const remember = (cell) => {
    const { [cell.number]: dropped, ...edits } = memory.read();
    memory.write(cell.area ? { ...edits, [cell.number]: { of: original(cell), code: code(cell) } } : edits);
  };

  const edit = (cell, text) => {
    const area = document.createElement("textarea");
    const hint = document.createElement("p");
    cell.area = Object.assign(area, { className: "live-code", value: text, spellcheck: false, autocapitalize: "off" });
    area.setAttribute("aria-label", `Code of cell ${cell.number}`);
    area.setAttribute("aria-describedby", `live-hint-${cell.number}`);
    Object.assign(hint, { className: "live-hint", id: `live-hint-${cell.number}` });
    hint.textContent = "Ctrl+Enter (Cmd+Enter) runs. Tab indents; Escape and then Tab leaves the code.";
    let leaving = false;
    area.addEventListener("keydown", (event) => {
      if (event.key === "Tab" && !event.shiftKey && !leaving) {
        event.preventDefault();
        document.execCommand("insertText", false, "    "); // the one way that Undo knows of
      }
      leaving = event.key === "Escape";
    });
    area.addEventListener("input", () => {
      fit(area);
      remember(cell);
      refresh();
    });
    cell.element.querySelector("details")?.setAttribute("open", "");
    cell.box = cell.source.parentElement.parentElement;
    cell.box.hidden = true;
    cell.box.after(area, hint);
    fit(area);
    refresh();
  };

  const reset = (cell) => {
    if (asked === cell) stop();
    cell.area?.nextElementSibling.remove();
    cell.area?.remove();
    if (cell.box) cell.box.hidden = false;
    cell.area = null;
    remember(cell);
    cell.output.replaceChildren();
    showStatic(cell, true);
    say(cell, "The code and the output are the book's again.");
    refresh();
  };

  const actions = {
    run,
    stop: () => stop("Stopped. The next Run starts afresh, with the cells that come first."),
    edit(cell) {
      if (!cell.area) edit(cell, original(cell));
      cell.area.focus();
    },
    reset,
  };

  const edits = memory.read();
  for (const cell of live) {
    cell.bar.setAttribute("aria-label", `Live cell ${cell.number}`);
    for (const name in actions) {
      button(cell, name).addEventListener("click", ({ currentTarget }) => {
        if (currentTarget.getAttribute("aria-disabled") !== "true") actions[name](cell);
      });
    }
    cell.element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      run(cell);
    });
    if (edits[cell.number]?.of === original(cell)) edit(cell, edits[cell.number].code);
    cell.bar.classList.add("live-ready");
  }
  window.addEventListener("resize", () => live.forEach(({ area }) => area && fit(area)));
  refresh();
})();
