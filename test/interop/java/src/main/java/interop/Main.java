package interop;

import com.aliyun.oss.common.comm.SignVersion;

final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    // First what goes through the sidecar: it has no clock of the sandbox, which the others move.
    TeaCases.register();
    new OssCases(SignVersion.V1).register();
    new OssCases(SignVersion.V4).register();
    CoreCases.register();
    Harness.runCases();
    // aliyun-sdk-oss keeps threads.
    System.exit(0);
  }
}
