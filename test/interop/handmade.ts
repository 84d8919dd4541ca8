import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "./commands.ts";
import type { Language } from "./language.ts";
import { OWN_DOMAIN } from "./recipes/door.ts";
import type { Recipe } from "./recipes/recipe.ts";

/** Of one program, compiling included. */
const SECONDS = 120;

/**
 * Languages whose SDKs this project does not download: no registry has them, or none that its machines reach. A variable
 * names the folder where you have put the SDK. Without it, the language is skipped.
 */
export function handmadeLanguages(cache: string): readonly Language[] {
  const homeOf = (name: string): string => {
    const home = join(cache, name);
    mkdirSync(home, { recursive: true });
    return home;
  };
  return [
    php(homeOf("php")),
    javaV2(homeOf("java-v2")),
    cpp(homeOf("cpp")),
    c(homeOf("c")),
    dotnet(homeOf("dotnet")),
  ];
}

/** INTEROP_PHP_VENDOR: a folder `vendor` with both SDKs, as composer makes it. */
function php(home: string): Language {
  const recipe = (sdk: string, file: string): Recipe => {
    const folder = join(home, file);
    return {
      title: `php.md: ${sdk}`,
      page: "php.md",
      files: ["valet.php", file],
      folder,
      build: [command(folder, "sh", "-c", 'ln -s "$INTEROP_PHP_VENDOR" vendor')],
      program: command(folder, "php", file),
    };
  };
  return handmade("php", home, "INTEROP_PHP_VENDOR", [
    recipe("alibabacloud/oss-v2 0.3.2", "upload_v2.php"),
    recipe("aliyuncs/oss-sdk-php 2.7.3", "upload_v1.php"),
  ]);
}

/** INTEROP_JAVA_V2_LIB: a folder with the archives of the SDK, of what it needs, and of Gson. */
function javaV2(home: string): Language {
  const folder = join(home, "upload");
  const files = ["Valet.java", "UploadV2.java"];
  const classPath = `classes:${process.env["INTEROP_JAVA_V2_LIB"]}/*`;
  return handmade("java-v2", home, "INTEROP_JAVA_V2_LIB", [
    {
      title: "java.md: alibabacloud-oss-v2 0.5.0",
      page: "java.md",
      files,
      folder,
      build: [
        command(folder, "javac", "-d", "classes", "-cp", classPath, ...files),
        command(folder, "sh", "-c", `echo 127.0.0.1 localhost ${OWN_DOMAIN} > hosts`),
      ],
      program: command(folder, "java", "-Djdk.net.hosts.file=hosts", "-cp", classPath, "UploadV2"),
      ownDomain: "by hosts file",
    },
  ]);
}

/** INTEROP_CPP_SDK: a folder with `include` and `lib`, as `make install` of the SDK makes it. */
function cpp(home: string): Language {
  const folder = join(home, "upload");
  const sdk = '-I"$INTEROP_CPP_SDK/include" -L"$INTEROP_CPP_SDK/lib"';
  const libraries = "-lalibabacloud-oss-cpp-sdk -lcurl -lcrypto -lpthread";
  const compile = `g++ -std=c++11 -fno-rtti -Wall -Werror ${sdk} -o upload upload.cc ${libraries}`;
  return handmade("cpp", home, "INTEROP_CPP_SDK", [
    {
      title: "cpp.md: aliyun-oss-cpp-sdk 1.10.1",
      page: "cpp.md",
      files: ["valet.hpp", "upload.cc"],
      folder,
      build: [command(folder, "sh", "-c", compile)],
      program: command(folder, join(folder, "upload")),
    },
  ]);
}

/** INTEROP_C_SDK: a folder with `include` and `lib`, as `make install` of the SDK makes it. */
function c(home: string): Language {
  const folder = join(home, "upload");
  const sdk = '-I"$INTEROP_C_SDK/include" -I/usr/include/apr-1.0 -L"$INTEROP_C_SDK/lib"';
  const libraries = "-loss_c_sdk_static -lcurl -lmxml -laprutil-1 -lapr-1 -lpthread -lm";
  return handmade("c", home, "INTEROP_C_SDK", [
    {
      title: "c.md: aliyun-oss-c-sdk 3.11.2",
      page: "c.md",
      files: ["valet.h", "upload.c"],
      folder,
      // libcurl resolves every name below localhost. The SDK writes the slashes of keys as %2F, also the one after a bucket.
      knowsLocalhost: true,
      cannotListAtOwnDomain: true,
      build: [
        command(folder, "sh", "-c", `gcc -Wall -Werror -D_GNU_SOURCE ${sdk} -o upload upload.c ${libraries}`),
      ],
      program: command(folder, join(folder, "upload")),
    },
  ]);
}

/** INTEROP_DOTNET_SDK: a folder with Aliyun.OSS.dll. With Mono: no registry that this project's machines reach has .NET. */
function dotnet(home: string): Language {
  const folder = join(home, "upload");
  const references = "-r:Aliyun.OSS.dll,System.Net.Http.dll,System.Runtime.Serialization.dll";
  return handmade("dotnet", home, "INTEROP_DOTNET_SDK", [
    {
      title: "dotnet.md: aliyun-oss-csharp-sdk 2.14.0",
      page: "dotnet.md",
      files: ["Valet.cs", "Upload.cs"],
      folder,
      build: [
        command(folder, "sh", "-c", 'cp "$INTEROP_DOTNET_SDK/Aliyun.OSS.dll" .'),
        command(folder, "mcs", "-warnaserror", "-out:upload.exe", "Valet.cs", "Upload.cs", references),
      ],
      program: command(folder, "mono", "upload.exe"),
    },
  ]);
}

function handmade(name: string, home: string, variable: string, recipes: readonly Recipe[]): Language {
  const check = `test -d "$${variable}" || { echo "${variable} names no folder" >&2; exit 1; }`;
  return {
    name,
    toolchain: command(home, "sh", "-c", check),
    home,
    download: [],
    build: [],
    programs: [],
    underRealNames: [],
    recipes,
  };
}

function command(folder: string, name: string, ...args: readonly string[]): Command {
  return { command: name, args, folder, seconds: SECONDS };
}
