// Builds guichet/static/dist: the part of the State's design system that our templates use, our own style sheet and script.
// The State's brand (logo, Marianne font, blue) goes only into state.css, built and served when the operator sets STATE_BRAND=1.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { transform } from "lightningcss";
import { PurgeCSS } from "purgecss";
import { BRANDED, inNeutralColours, withoutBrand, withoutUnused } from "./design-system.mjs";
import { safelist } from "./safelist.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const source = join(here, "..", "static");
const target = join(source, "dist");
const dsfr = join(here, "node_modules", "@gouvfr", "dsfr", "dist");

// app.js is on every page; drafts.js where a dossier is written.
const SCRIPTS = ["app.js", "drafts.js"];

const MEDIA = { ".svg": "image/svg+xml", ".woff2": "font/woff2" };

const step = (text) => console.log(`  ${text}`);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

async function templates(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith(".html")).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

// Icons become data URIs (no request); fonts become files of their own.
async function inlined(css, written) {
  const addresses = new Set([...css.matchAll(/url\("?((?:icons|fonts)\/[^")]+)"?\)/g)].map((match) => match[1]));
  for (const address of addresses) {
    const path = address.split("?")[0];
    const bytes = await readFile(join(dsfr, path));
    const replacement = extname(path) === ".svg" ? dataUri(bytes) : await written(path.split("/").pop(), bytes);
    css = css.replaceAll(`url("${address}")`, `url("${replacement}")`).replaceAll(`url(${address})`, `url("${replacement}")`);
  }
  return css;
}

function dataUri(bytes) {
  const text = bytes.toString("utf8").replace(/<\?xml.*?\?>/, "").replace(/\s+/g, " ").trim();
  return `data:${MEDIA[".svg"]},${text.replaceAll('"', "'").replace(/[%#<>]/g, encodeURIComponent)}`;
}

async function purged(css, contents) {
  const [result] = await new PurgeCSS().purge({
    content: contents.map((raw) => ({ raw, extension: "html" })),
    css: [{ raw: css }],
    defaultExtractor: (text) => text.match(/[\w@:-]+/g) ?? [],
    safelist,
    variables: true,
    keyframes: true,
  });
  return result.css;
}

function minified(filename, css) {
  return transform({ filename, code: Buffer.from(css), minify: true, targets: { chrome: 100 << 16, firefox: 102 << 16, safari: 15 << 16 } }).code;
}

async function publish(name, bytes, manifest) {
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const extension = extname(name);
  const hashed = `${name.slice(0, -extension.length)}.${hash}${extension}`;
  await writeFile(join(target, hashed), bytes);
  let small = bytes.length;
  if (extension !== ".woff2") {
    const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    await writeFile(join(target, `${hashed}.br`), brotli);
    await writeFile(join(target, `${hashed}.gz`), gzipSync(bytes, { level: 9 }));
    small = brotli.length;
  }
  manifest[name] = hashed;
  step(`${hashed}: ${kilobytes(bytes.length)}, ${kilobytes(small)} sent`);
  return hashed;
}

// A small script needs no bundler: comments and indentation are what can go.
function script(text) {
  return Buffer.from(text.replace(/^\s*\/\/.*\n/gm, "").replace(/^\s+/gm, ""));
}

async function build() {
  const manifest = {};
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });

  step("Reading the templates and the design system");
  const pages = await templates(join(root, "templates"));
  const scripts = await Promise.all(SCRIPTS.map(async (name) => [name, await readFile(join(source, name), "utf8")]));
  const contents = [...scripts.map(([, text]) => text), ...(await Promise.all(pages.map((page) => readFile(page, "utf8"))))];
  const design = withoutUnused(await readFile(join(dsfr, "dsfr.main.css"), "utf8"));
  const ours = await readFile(join(source, "app.css"), "utf8");

  step(`Keeping what ${pages.length} templates use`);
  const kept = await purged(`${design}\n${ours}`, [...contents, BRANDED]);

  step("Writing the files");
  const font = (name, bytes) => publish(name, bytes, manifest);
  const neutral = await inlined(inNeutralColours(withoutBrand(kept)), font);
  await publish("app.css", minified("app.css", neutral), manifest);
  if (process.env.STATE_BRAND === "1") {
    await publish("state.css", minified("state.css", await inlined(kept, font)), manifest);
  }
  for (const [name, text] of scripts) await publish(name, script(text), manifest);
  await publish("favicon.svg", await readFile(join(source, "favicon.svg")), manifest);
  await writeFile(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

await build();
