package interop;

import com.aliyun.oss.common.comm.SignVersion;

final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    new OssCases(SignVersion.V1).register();
    new OssCases(SignVersion.V4).register();
    TeaCases.register();
    CoreCases.register();
    Harness.runCases();
    // aliyun-sdk-oss keeps threads.
    System.exit(0);
  }
}
