import { EXPLAIN_CONTROLS } from './explainControls.ts';
import { EXPLAIN_PLOTS } from './explainPlots.ts';

/**
 * What draws in the reader's browser: it reads the run from the page's JSON and draws every plot on one time axis that can
 * be moved and zoomed. Kept as text because the page must carry it whole, and its policy names the text's hash.
 */
export const EXPLAIN_SCRIPT: string = `'use strict';
(() => {${EXPLAIN_PLOTS}${EXPLAIN_CONTROLS}})();
`;
