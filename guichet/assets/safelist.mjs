// Classes that templates compose (a tone, a kind, a column), so that no reader of the templates can find them whole.

export const safelist = {
  standard: [
    /^fr-badge(--(info|new|success|warning|error|sm|no-icon))?$/,
    /^fr-alert(--(info|success|warning|error|sm))?$/,
    /^fr-(input|select|upload|checkbox|radio)(-group)?(--error)?$/,
    /^fr-btn(--(secondary|tertiary|sm))?$/,
    /^fr-message(--error)?$/,
    /^fr-fieldset(--error|__legend)?$/,
    /^gu-/,
    /^aria-/,
    /^h[1-6]$/,
    /^(html|body|checked|disabled)$/,
  ],
};
