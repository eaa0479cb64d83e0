// Preloaded into child processes: ends them when the pipe on descriptor 3 closes, which it does even if the parent is killed.
import { Socket } from "node:net";

const end = () => process.kill(process.pid, "SIGTERM");
new Socket({ fd: 3, readable: true }).on("end", end).on("error", end).resume().unref();
