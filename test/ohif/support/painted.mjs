// Whether tissue is to be seen.
import { isTissue, shareOf } from '../../browser/support/browser.mjs';

// OHIF is 15 MB of script, and the machine may have other things to do.
export const PATIENCE = { timeout: 60000 };

// A fifth: of these slides more is tissue, in each of these windows.
export const ENOUGH = 0.2;

// The share of tissue in the element, once it is enough and no more of it comes; whatever it is when patience ends.
export async function painted(page, selector) {
  const look = async () => shareOf(await page.locator(selector).screenshot(), isTissue);
  const deadline = Date.now() + PATIENCE.timeout;
  let [share, before] = [await look(), -1];
  while ((share < ENOUGH || share !== before) && Date.now() < deadline) {
    await page.waitForTimeout(500);
    [share, before] = [await look(), share];
  }
  return share;
}
