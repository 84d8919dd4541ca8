import { serve } from "./express-app.ts";
import { popCoreCredentials } from "./pop-core-handler.ts";

serve(popCoreCredentials);
