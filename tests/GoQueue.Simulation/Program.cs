using System.Diagnostics;
using GoQueue.Simulation.Running;

return SimulationCommand.Run(args);
