/** What the peer uses of Express, which brings no types of its own. */
declare module "express" {
  interface Request {
    readonly headers: { readonly authorization?: string };
  }
  interface Response {
    json(body: unknown): void;
    status(code: number): Response;
  }
  interface Application {
    get(path: string, handler: (request: Request, response: Response) => Promise<void>): void;
    listen(port: number, host: string, listening: () => void): import("node:http").Server;
  }
  const express: () => Application;
  // biome-ignore lint/style/noDefaultExport: it is Express' own
  export default express;
}
