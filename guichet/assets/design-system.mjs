// What we take out of the design system's style sheet, and the colours that replace the State's.

import postcss from "postcss";

// The classes of the brand, which only a State service may show.
export const BRANDED = "fr-logo";

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

// The design system's blue → ours. Contrast on white: 9.7, 6.1 and 4.5 for the three darkest.
const COLOURS = {
  "000091": "0a4a5c",
  "1212ff": "0f6b85",
  "2323ff": "14809e",
  "6a6af4": "2b86a3",
  f5f5fe: "f1f7f9",
  dcdcfc: "d3e5eb",
  cbcbfa: "bcd8e1",
  ececfe: "e5f1f5",
  cecefc: "c7e0e8",
  bbbbfc: "b0d3de",
  e3e3fd: "d9eaf0",
  c1c1fb: "b9d9e3",
  adadf9: "a1cbd8",
  cacafb: "b5d5df",
  a1a1f8: "8fc0cf",
  "8b8bf6": "74b0c2",
};

// Dark theme, mourning logo, old Internet Explorer, and states that only the design system's own script sets.
const UNUSED = /data-fr-(theme|scheme|mourning|scrolling|capslock)|-ms-high-contrast|fr-no-touch/;

export function withoutUnused(css) {
  const sheet = postcss.parse(css);
  sheet.walkAtRules("media", (rule) => {
    if (rule.params.includes("prefers-color-scheme")) rule.remove();
  });
  sheet.walkRules((rule) => {
    const kept = rule.selectors.filter((selector) => !UNUSED.test(selector));
    if (kept.length === 0) rule.remove();
    else if (kept.length < rule.selectors.length) rule.selectors = kept;
  });
  sheet.walkAtRules("font-face", (rule) => {
    // Regular and bold of Marianne are enough; Spectral and italics are never used.
    if (!/Marianne-(Regular|Bold)\.woff2/.test(rule.toString())) rule.remove();
    // Every browser that runs our pages reads the smaller of the two formats.
    rule.walkDecls("src", (source) => {
      source.value = source.value.split(",")[0];
    });
  });
  return sheet.toString();
}

export function withoutBrand(css) {
  const sheet = postcss.parse(css);
  sheet.walkAtRules("font-face", (rule) => rule.remove());
  sheet.walkRules((rule) => {
    const kept = rule.selectors.filter((selector) => !selector.includes(BRANDED));
    if (kept.length === 0) rule.remove();
    else if (kept.length < rule.selectors.length) rule.selectors = kept;
  });
  sheet.walkDecls("font-family", (declaration) => {
    if (declaration.value.includes("Marianne")) declaration.value = FONT;
  });
  return sheet.toString();
}

export function inNeutralColours(css) {
  return css.replace(/(#|%23)([0-9a-f]{6})\b/gi, (whole, mark, colour) => {
    const ours = COLOURS[colour.toLowerCase()];
    return ours ? mark + ours : whole;
  });
}
