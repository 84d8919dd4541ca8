// The floor of a cold start: Node comes up, and says so.
process.stdout.write("BENCH 0\n");
