import { siteConfig } from "../../scripts/docs-site/config.ts";

/** `npm run docs` sets the base; it also arranges the pages that VitePress reads. */
export default siteConfig(process.cwd(), process.env["DOCS_BASE"] ?? "/");
