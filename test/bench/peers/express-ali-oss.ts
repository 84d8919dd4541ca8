import { aliOssCredentials } from "./ali-oss-handler.ts";
import { serve } from "./express-app.ts";

serve(aliOssCredentials);
