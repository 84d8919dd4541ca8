import { unused } from "./unused.ts";

/**
 * For @darabonba/typescript's websocket.js (with ws and three proxy agents below it) and openapi-core's
 * websocketUtils. The core calls them for the protocols ws and wss; STS speaks HTTP.
 */
export const replacement = {
  __esModule: true,
  SubProtocolAWAP: "awap",
  SubProtocolGeneral: "general",
  StreamHandler: unused("websocketUtils StreamHandler"),
  newWebSocketClient: unused("websocketUtils newWebSocketClient"),
  newWebSocketClientAndConnect: unused("@darabonba/typescript newWebSocketClientAndConnect"),
  getWebSocketHandler: unused("@darabonba/typescript getWebSocketHandler"),
};
