// The element <movable-figure>: sliders and the pointer choose among numbers that the page carries. Nothing is
// computed here but means, places in the drawing and the step that an arrow shows; a new kind of figure is one more
// function in `kinds`.
(() => {
  if (customElements.get("movable-figure")) return;

  const across = (frame, x) =>
    frame.left + ((x - frame.x[0]) / (frame.x[1] - frame.x[0])) * (frame.right - frame.left);

  const down = (frame, y) => {
    const place = frame.bottom - ((y - frame.y[0]) / (frame.y[1] - frame.y[0])) * (frame.bottom - frame.top);
    return Math.min(Math.max(place, -3 * frame.height), 4 * frame.height);
  };

  const pair = (x, y) => `${x.toFixed(1)} ${y.toFixed(1)}`;

  const path = (frame, x, y) => {
    let pen = "M";
    let result = "";
    x.forEach((at, i) => {
      if (y[i] === null) {
        pen = "M";
        return;
      }
      result += pen + pair(across(frame, at), down(frame, y[i]));
      pen = "L";
    });
    return result;
  };

  const place = (circle, frame, x, y) => {
    circle.setAttribute("visibility", y === null ? "hidden" : "visible");
    circle.setAttribute("cx", across(frame, x).toFixed(1));
    circle.setAttribute("cy", y === null ? "0" : down(frame, y).toFixed(1));
  };

  const put = (group, x, y) => group.setAttribute("transform", `translate(${pair(x, y)})`);

  const arrow = ([x, y], [tipX, tipY]) => {
    const [dx, dy] = [tipX - x, tipY - y];
    const length = Math.hypot(dx, dy);
    if (!(length >= 0.5)) return "";
    const along = Math.min(9, length) / length;
    const wing = (side) =>
      pair(tipX - along * dx - side * 0.45 * along * dy, tipY - along * dy + side * 0.45 * along * dx);
    return `M${pair(x, y)}L${pair(tipX, tipY)}M${wing(1)}L${pair(tipX, tipY)}L${wing(-1)}`;
  };

  // Tables travel as differences of differences of whole numbers; null is passed over.
  const sums = (row) => {
    let sum = 0;
    return row.map((value) => (value === null ? null : (sum += value)));
  };
  const whole = (row) => sums(sums(row));
  const decimal = (value, places) => (value === null ? null : value / 10 ** places);

  const digits = new Intl.NumberFormat("en", { maximumFractionDigits: 20, useGrouping: false });
  const words = (value) => (value === null ? "not finite" : digits.format(value || 0).replace("-", "−"));
  const listed = (texts) =>
    texts.length > 1 ? `${texts.slice(0, -1).join(", ")} and ${texts.at(-1)}` : texts[0];

  // First and last index of each run of least values. Each of the `count` rows is off by ½ at most.
  const runsOfLeast = (totals, count) => {
    const known = totals.filter((total) => total !== null);
    const lowest = known.reduce((a, b) => Math.min(a, b), Infinity);
    const runs = [];
    totals.forEach((total, i) => {
      if (total === null || total > lowest + count) return;
      const last = runs.at(-1);
      if (last && last[1] === i - 1) last[1] = i;
      else runs.push([i, i]);
    });
    return [runs, lowest];
  };

  // Two neighbours that are equally good enclose one minimum; more are an interval.
  const ends = ([first, last], x) =>
    last - first === 1 ? Array(2).fill((x[first] + x[last]) / 2) : [x[first], x[last]];

  const capsule = (left, right, middle, radius) => {
    const arc = `A${radius} ${radius} 0 0 1 `;
    const start = pair(left, middle - radius);
    const bottom = pair(right, middle + radius);
    return `M${start}H${right.toFixed(1)}${arc}${bottom}H${left.toFixed(1)}${arc}${start}Z`;
  };

  // Each kind moves the parts of its drawing to the sliders' positions and returns the readout. `texts` are the
  // positions as they are read out.
  const kinds = {
    curves(part, data, positions, texts) {
      const { frame } = data;
      const sliders = data.marker ? positions.slice(0, -1) : positions;
      const setting = sliders.reduce((index, position, i) => index * data.positions[i].length + position, 0);
      const rows = data.curves.map((curve) => whole(curve.y[setting]).map((value) => decimal(value, data.places)));
      rows.forEach((row, i) => part(`line-${i}`).setAttribute("d", path(frame, data.x, row)));
      const where = data.labels.map((label, i) => `${label} = ${texts[i]}`);
      const clauses = [];
      if (data.marker) {
        const column = data.marker[positions.at(-1)];
        const at = data.x[column];
        part("guide").setAttribute("d", `M${across(frame, at).toFixed(1)} ${frame.top}V${frame.bottom}`);
        rows.forEach((row, i) => place(part(`point-${i}`), frame, at, row[column]));
        where.unshift(where.pop());
        clauses.push(data.curves.map((curve, i) => `${curve.name} ${words(rows[i][column])}`).join(", "));
      }
      data.minima.forEach((lowest, i) => {
        const [least, at] = lowest.texts[setting];
        place(part(`minimum-${i}`), frame, lowest.x[setting], lowest.y[setting]);
        clauses.push(`the least ${lowest.name}, ${least}, is at ${data.xlabel} = ${at}`);
      });
      return `With ${listed(where)}${clauses.length ? `: ${clauses.join("; ")}` : ""}.`;
    },

    points(part, data, positions, texts) {
      const { frame, candidates } = data;
      const setting = data.slider === null ? 0 : positions.at(-1);
      const handles = data.slider === null ? positions : positions.slice(0, -1);
      const count = handles.length;
      const scale = count * 10 ** (data.places + data.finer);
      const clauses = data.losses.map((loss, i) => {
        const rows = handles.map((position) => whole(loss.table[setting][position]));
        const totals = candidates.map((_, k) =>
          rows.some((row) => row[k] === null) ? null : rows.reduce((sum, row) => sum + row[k], 0),
        );
        const means = totals.map((total) => (total === null ? null : total / scale));
        part(`line-${i}`).setAttribute("d", path(frame, candidates, means));
        const [runs, lowest] = runsOfLeast(totals, count);
        const rings = runs.map((run) => {
          const [left, right] = ends(run, candidates).map((end) => across(frame, end));
          return capsule(left, right, down(frame, lowest / scale), data.radius);
        });
        part(`minimum-${i}`).setAttribute("d", rings.join(""));
        if (!runs.length) return `the mean ${loss.name} is nowhere finite`;
        const least = decimal(Math.floor(lowest / count / 10 ** data.finer + 0.5), data.places);
        const spots = runs.map((run) => {
          const [low, high] = ends(run, candidates).map((end) => words(Number(end.toFixed(data.xplaces))));
          return low === high ? `at ${data.xlabel} = ${low}` : `anywhere from ${data.xlabel} = ${low} to ${high}`;
        });
        return `the least mean ${loss.name}, ${words(least)}, is ${spots.join(" or ")}`;
      });
      handles.forEach((position, i) => {
        put(part(`handle-${i}`), across(frame, data.positions[i][position]), frame.bottom);
      });
      const parameter = data.slider === null ? "" : `, and ${data.slider} = ${texts.at(-1)}`;
      return `With the points at ${listed(texts.slice(0, count))}${parameter}: ${clauses.join("; ")}.`;
    },

    heatmap(part, data, [column, row, setting = 0], texts) {
      const { frame } = data;
      const at = (table, places) => decimal(whole(table[setting][row])[column], places);
      const [x, y] = [data.positions[0][column], data.positions[1][row]];
      const spot = [across(frame, x), down(frame, y)];
      put(part("handle"), ...spot);
      if (data.contours) data.contours[setting].forEach((d, i) => part(`level-${i}`).setAttribute("d", d));
      let clause = `${data.label} ${words(at(data.values, data.places))}`;
      if (data.gradient) {
        const slope = data.gradient.map((table, i) => at(table, data.gplaces[i]));
        const known = !slope.includes(null);
        const tip = known && [across(frame, x - data.step * slope[0]), down(frame, y - data.step * slope[1])];
        part("arrow").setAttribute("d", known ? arrow(spot, tip) : "");
        clause += `, gradient (${slope.map(words).join(", ")})`;
      }
      if (data.minima) {
        const lowest = data.minima[setting];
        const [least, ...best] = lowest.texts;
        place(part("minimum"), frame, lowest.x, lowest.y);
        const spots = best.map((text, i) => `${data.labels[i]} = ${text}`);
        clause += `; the least ${data.label}, ${least}, is at ${spots.join(" and ")}`;
      }
      return `With ${listed(data.labels.map((label, i) => `${label} = ${texts[i]}`))}: ${clause}.`;
    },
  };

  customElements.define(
    "movable-figure",
    class extends HTMLElement {
      connectedCallback() {
        // A second figure of a page is found by the browser before what is inside of it.
        if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.start());
        else this.start();
      }

      start() {
        if (this.data) return; // it was moved within the page
        const numbers = this.querySelector("script[type='application/json']");
        if (!numbers) return; // a copy without them, in a preview, stays a picture
        this.data = JSON.parse(numbers.textContent);
        this.inputs = [...this.querySelectorAll("input[type=range]")];
        this.drawing = this.querySelector(":scope > svg");
        this.addEventListener("input", () => this.move());
        this.addEventListener("keydown", (event) => {
          // JupyterLab takes the arrow keys for itself unless they stop here.
          if (event.target.type === "range" && event.key !== "Tab") event.stopPropagation();
        });
        if (this.data.handles.length) {
          this.addEventListener("focusin", (event) => this.mark(this.handleOf(event.target)));
          this.addEventListener("focusout", () => this.mark(this.held));
          this.drawing.addEventListener("pointerdown", (event) => this.press(event));
          this.drawing.addEventListener("pointermove", (event) => this.drag(event));
          this.drawing.addEventListener("pointerup", (event) => this.release(event));
          this.drawing.addEventListener("pointercancel", () => this.putBack());
        }
        this.move();
      }

      press(event) {
        if (this.held || !event.isPrimary || event.button !== 0) return;
        this.before = this.inputs.map((input) => input.value);
        this.held = this.nearest(event);
        this.mark(this.held);
        this.drawing.setPointerCapture(event.pointerId);
        // A finger that comes down may be about to scroll the page: wait until it moves along, or lifts.
        if (event.pointerType === "mouse") this.drag(event);
      }

      drag(event) {
        if (!this.held || !event.isPrimary) return;
        const pointer = this.pointer(event);
        for (const { input, axis, places } of this.bound(this.held)) {
          const distances = places.map((place) => Math.abs(place - pointer[axis]));
          input.value = String(distances.indexOf(Math.min(...distances)));
        }
        this.move();
      }

      release(event) {
        if (!this.held || !event.isPrimary) return;
        this.drag(event);
        const [{ input }] = this.bound(this.held);
        this.held = undefined;
        input.focus({ preventScroll: true }); // from here the arrow keys go on
      }

      // The finger scrolls the page after all.
      putBack() {
        if (!this.held) return;
        this.inputs.forEach((input, i) => (input.value = this.before[i]));
        this.held = undefined;
        this.mark();
        this.move();
      }

      // The sliders that a handle moves, each with the places that its positions have along an axis.
      bound(handle) {
        const { frame, positions } = this.data;
        const along = { x: across, y: down };
        return ["x", "y"]
          .filter((axis) => handle[axis] !== null)
          .map((axis) => {
            const places = positions[handle[axis]].map((value) => along[axis](frame, value));
            return { input: this.inputs[handle[axis]], axis, places };
          });
      }

      handleOf(input) {
        return this.data.handles.find((handle) => this.bound(handle).some((slider) => slider.input === input));
      }

      pointer(event) {
        return new DOMPoint(event.clientX, event.clientY).matrixTransform(this.drawing.getScreenCTM().inverse());
      }

      nearest(event) {
        const pointer = this.pointer(event);
        const distance = (handle) =>
          Math.hypot(
            ...this.bound(handle).map(({ input, axis, places }) => places[Number(input.value)] - pointer[axis]),
          );
        return this.data.handles.reduce((best, handle) => (distance(handle) < distance(best) ? handle : best));
      }

      part(name) {
        return this.drawing.querySelector(`[data-part="${name}"]`);
      }

      // Show what is dragged, or what the slider in focus moves.
      mark(active) {
        for (const handle of this.data.handles) {
          this.part(handle.part).classList.toggle("movable-active", handle === active);
        }
      }

      move() {
        const positions = this.inputs.map((input) => Number(input.value));
        const texts = positions.map((position, i) => words(this.data.positions[i][position]));
        this.inputs.forEach((input, i) => {
          input.setAttribute("aria-valuetext", texts[i]);
          input.nextElementSibling.textContent = texts[i];
        });
        const readout = kinds[this.data.kind]((name) => this.part(name), this.data, positions, texts);
        this.querySelector("output").textContent = readout;
      }
    },
  );
})();
