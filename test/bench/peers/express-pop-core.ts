import { serve } from "./express-app.ts";
import { popCoreCredentials } from "./pop-core.ts";

serve(popCoreCredentials);
