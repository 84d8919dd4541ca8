import { aliOssCredentials } from "./ali-oss.ts";
import { serve } from "./express-app.ts";

serve(aliOssCredentials);
