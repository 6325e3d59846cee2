// Python for the live cells of a page (Pyodide). It runs in a worker, so that the page stays responsive and Stop can
// end anything. Whoever serves a file: it is used only if it has the hash that this site holds in live.json.
const download = self.fetch.bind(self);
const post = (type, fields) => postMessage({ type, ...fields });

let site; // live.json
let pyodide;
let runner;
let current; // number of the cell that runs
let trouble; // why a package can't be had; Pyodide only logs it

const whyNot = async (name) => {
  const { host } = new URL(site.source);
  const answer = await download(site.source + name, { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (!answer) return `Python can't be fetched: ${host} can't be reached. Are you offline?`;
  if (!answer.ok) return `Python can't be fetched: ${host} has no ${name} (answer ${answer.status}).`;
  return `${name} from ${host} is not the file that this site names. It was refused, and nothing of it has run.`;
};

const trusted = async (name) => {
  try {
    const answer = await download(site.source + name, { integrity: site.files[name] ?? "sha256-unknown" });
    return await answer.arrayBuffer();
  } catch {
    trouble = new Error(await whyNot(name));
    throw trouble;
  }
};

const link = (content, type) => URL.createObjectURL(new Blob([content], { type }));

const start = async () => {
  const answer = await download(new URL("live.json", import.meta.url), { cache: "no-cache" }).catch(() => null);
  if (!answer?.ok) throw new Error("This site can't be reached. Are you offline?");
  site = await answer.json();
  site.source = new URL(site.source, import.meta.url).href;
  post("status", { text: `Fetching Python: ${site.fetches}. Stop cancels.` });
  const core = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"];
  const [loader, glue, wasm, library] = await Promise.all(core.map(trusted));

  // Pyodide fetches the rest itself: its WebAssembly, which is here already, and packages.
  self.fetch = async (resource, options) => {
    const url = String(resource.url ?? resource);
    if (!url.startsWith(site.source)) return download(resource, options);
    const name = url.slice(site.source.length);
    const content = name === core[2] ? wasm : await trusted(name);
    return new Response(content, { headers: { "Content-Type": "application/wasm" } });
  };
  post("status", { text: "Starting Python …" });
  const { loadPyodide } = await import(link(loader, "text/javascript"));
  const { default: createPyodideModule } = await import(link(glue, "text/javascript"));
  pyodide = await loadPyodide({
    createPyodideModule,
    indexURL: site.source,
    lockFileContents: site.lock,
    packageBaseUrl: site.source,
    stdLibURL: link(library, "application/zip"),
  });
  pyodide.FS.writeFile("live_runner.py", site.runner);
  const show = (kind, text) => post("shown", { number: current, kind, text });
  runner = pyodide.pyimport("live_runner").Runner(show, pyodide.globals);
};

const run = async (cells) => {
  if (!runner) await start();
  for (const { number, code } of cells) {
    current = number;
    const messageCallback = (text) =>
      text.startsWith("Loading") && post("status", { text: "Fetching the packages that the code imports. Stop cancels." });
    await pyodide.loadPackagesFromImports(code, { checkIntegrity: true, messageCallback });
    if (trouble) throw trouble;
    post("running", { number });
    if (!runner.run(`Cell ${number}`, code)) return post("finished", { wrong: number });
    post("ran", { number, code });
  }
  return post("finished");
};

self.onmessage = ({ data }) => run(data).catch((error) => post("broken", { text: String(error.message ?? error) }));
