import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { configFrom } from "../../functions/credentials/config.ts";
import { LOG_MS } from "../../functions/http/graceful-stop.ts";
import { settingKeys } from "../../shared/adapters/fixed-keys.ts";
import { containerImageFrom, finalStageOf } from "../support/container-image.ts";
import { settingNames } from "../support/settings-doc.ts";
import { accessFile } from "../support/valet.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(ROOT, "container", name), "utf8");
const TEXT = read("kubernetes.yaml");
const DOCUMENTS = parseAllDocuments(TEXT);
const OBJECTS = DOCUMENTS.map((document) => document.toJS());
const FINAL = finalStageOf(containerImageFrom(read("Dockerfile")));

const DEPLOYMENT = of("Deployment");
const POD = DEPLOYMENT.spec.template.spec;
const [CONTAINER] = POD.containers;
const LABELS = DEPLOYMENT.spec.template.metadata.labels;

it("container/kubernetes.yaml has these objects, in one namespace that only takes restricted pods", () => {
  expect(DOCUMENTS.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
  expect(OBJECTS.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`)).toEqual([
    "v1 Namespace",
    "v1 ServiceAccount",
    "v1 ConfigMap",
    "apps/v1 Deployment",
    "v1 Service",
    "autoscaling/v2 HorizontalPodAutoscaler",
    "policy/v1 PodDisruptionBudget",
    "networking.k8s.io/v1 NetworkPolicy",
  ]);
  const { name, labels } = of("Namespace").metadata;
  expect(labels).toEqual({ "pod-security.kubernetes.io/enforce": "restricted" });
  for (const { kind, metadata } of OBJECTS)
    if (kind !== "Namespace") expect(metadata).toMatchObject({ namespace: name, name: "oss-valet" });
});

describe("the pod", () => {
  it("keeps to the profile restricted, with the image's user and a read-only root file system", () => {
    const [user, group] = String(FINAL.user).split(":").map(Number);
    expect(POD.securityContext).toEqual({
      runAsNonRoot: true,
      runAsUser: user,
      runAsGroup: group,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(CONTAINER.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(POD.volumes).toBeUndefined();
  });

  it("has no key of the cluster: no token, no variables about other services", () => {
    expect(POD.serviceAccountName).toBe(of("ServiceAccount").metadata.name);
    expect([POD.automountServiceAccountToken, of("ServiceAccount").automountServiceAccountToken]).toEqual([
      false,
      false,
    ]);
    expect(POD.enableServiceLinks).toBe(false);
  });

  it("starts the image's own command, on the image's port, in an image with a version", () => {
    expect([CONTAINER.command, CONTAINER.args]).toEqual([undefined, undefined]);
    expect(CONTAINER.ports).toEqual([{ name: "http", containerPort: FINAL.ports[0] }]);
    expect(CONTAINER.image).toMatch(/:\d+\.\d+\.\d+$/);
  });

  it("is looked at where the image's own check looks, and for other services' outages never restarted", () => {
    const [, path] = /path: '([^']+)'/.exec(FINAL.healthcheck?.command.at(-1) ?? "") ?? [];
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
      expect(CONTAINER[probe].httpGet).toEqual({ path, port: "http" });
    const { readinessProbe: ready, livenessProbe: alive } = CONTAINER;
    // Out of the Service first, restarted later.
    expect(ready.periodSeconds * ready.failureThreshold).toBeLessThan(
      alive.periodSeconds * alive.failureThreshold,
    );
  });

  it("has the time for preStop and for the server's own end", () => {
    const preStop = CONTAINER.lifecycle.preStop.sleep.seconds;
    expect(preStop).toBeGreaterThan(0);
    expect(POD.terminationGracePeriodSeconds * 1000).toBeGreaterThan(preStop * 1000 + LOG_MS);
  });

  it("has memory that nobody takes from it, and enough for a full memory of credentials", () => {
    const { requests, limits } = CONTAINER.resources;
    expect(requests.memory).toBe(limits.memory);
    const config = configFrom({ ...of("ConfigMap").data, ...KEYS }, accessFile(), settingKeys, "environment");
    expect(config.cache).toMatchObject({ kind: "memory" });
    expect(limits.memory).toBe("256Mi");
  });
});

describe("the settings", () => {
  it("are ones that docs/settings.md explains, and that the server takes", () => {
    const { data } = of("ConfigMap");
    expect(Object.keys(data).filter((name) => !settingNames("functions").includes(name))).toEqual([]);
    expect(
      configFrom({ ...FINAL.env, ...data, ...KEYS }, accessFile(), settingKeys, "environment"),
    ).toMatchObject({
      bucket: data.OSS_BUCKET,
      host: "0.0.0.0",
      port: CONTAINER.ports[0].containerPort,
    });
  });

  it("come from the ConfigMap; the secrets from a Secret that is not in this file", () => {
    expect(CONTAINER.envFrom).toEqual([
      { configMapRef: { name: of("ConfigMap").metadata.name } },
      { secretRef: { name: "oss-valet" } },
    ]);
    expect(CONTAINER.env).toBeUndefined();
    expect(
      Object.keys(of("ConfigMap").data).filter((name) => /SECRET|KEY|PASSWORD|TOKEN/.test(name)),
    ).toEqual([]);
    const named = TEXT.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
    expect(named.filter((name) => !settingNames("functions").includes(name))).toEqual([]);
  });
});

describe("what belongs to the pod", () => {
  it("selects it", () => {
    expect(DEPLOYMENT.spec.selector.matchLabels).toEqual(LABELS);
    expect(of("Service").spec.selector).toEqual(LABELS);
    expect(of("PodDisruptionBudget").spec.selector.matchLabels).toEqual(LABELS);
    expect(of("NetworkPolicy").spec.podSelector.matchLabels).toEqual(LABELS);
    expect(POD.topologySpreadConstraints[0].labelSelector.matchLabels).toEqual(LABELS);
    const { apiVersion, kind, metadata } = DEPLOYMENT;
    expect(of("HorizontalPodAutoscaler").spec.scaleTargetRef).toEqual({
      apiVersion,
      kind,
      name: metadata.name,
    });
  });

  it("keeps one running: during a roll-out, a drain, and a night without requests", () => {
    expect(DEPLOYMENT.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect(DEPLOYMENT.spec.replicas).toBeUndefined();
    const { minReplicas, maxReplicas } = of("HorizontalPodAutoscaler").spec;
    expect(minReplicas).toBeGreaterThan(of("PodDisruptionBudget").spec.maxUnavailable);
    expect(maxReplicas).toBeGreaterThan(minReplicas);
  });

  it("leads to the port of the pod, which only the ingress controller may reach", () => {
    expect(of("Service").spec.ports).toEqual([{ name: "http", port: 80, targetPort: "http" }]);
    const { policyTypes, ingress, egress } = of("NetworkPolicy").spec;
    expect(policyTypes).toEqual(["Ingress", "Egress"]);
    expect(ingress).toHaveLength(1);
    expect(ingress[0].ports).toEqual([{ port: "http" }]);
    expect(ingress[0].from[0].namespaceSelector).toBeDefined();
    expect(
      egress.flatMap(({ ports }: { ports: { port: number }[] }) => ports.map(({ port }) => port)),
    ).toEqual([53, 53, 443, 6379]);
  });
});

const KEYS = { ALIBABA_CLOUD_ACCESS_KEY_ID: "LTAIexample", ALIBABA_CLOUD_ACCESS_KEY_SECRET: "caller-secret" };

function of(kind: string) {
  const found = OBJECTS.filter((object) => object.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} objects of kind ${kind}`);
  return found[0];
}
