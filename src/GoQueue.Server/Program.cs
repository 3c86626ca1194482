using GoQueue.Server.Configuration;
using GoQueue.Server.Hosting;

return await ServerProcess.RunAsync(new ServerOptions());
