import { expect, it } from "vitest";
import { isSecure } from "../../../shared/domain/secure-address.ts";

it.each([
  ["https://login.example.com/keys", true],
  ["http://127.0.0.1:8080/", true],
  ["http://localhost/", true],
  ["http://[::1]:9000/", true],
  ["http://login.example.com/", false],
  ["http://127.0.0.1.evil.example/", false],
  ["http://localhost.evil.example/", false],
  ["http://100.100.100.200/latest/meta-data", false],
  ["http://0.0.0.0/", false],
  ["ftp://localhost/", false],
  ["file:///etc/keys", false],
  ["data:,x", false],
])("%s is secure on the way: %s", (address, secure) => {
  expect(isSecure(new URL(address))).toBe(secure);
});
