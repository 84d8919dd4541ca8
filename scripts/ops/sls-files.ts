import { indexBody } from "../../cli/shared/log-index.ts";
import { chartsFor, DASHBOARD_NAME, DASHBOARD_TITLE } from "./dashboard.ts";

/** The text of ops/sls/index.json: the body of CreateIndex and UpdateIndex, for those who use neither Terraform nor ROS. */
export function indexText(): string {
  return `${JSON.stringify(indexBody(), null, 2)}\n`;
}

/** The text of ops/sls/dashboard.json: the body of CreateDashboard. LOGSTORE is for the reader to replace. */
export function dashboardText(): string {
  const dashboard = {
    dashboardName: DASHBOARD_NAME,
    displayName: DASHBOARD_TITLE,
    description: "",
    attribute: { type: "grid" },
    charts: chartsFor("LOGSTORE"),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
