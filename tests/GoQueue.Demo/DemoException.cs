namespace GoQueue.Demo;

/// <summary>The demo cannot go on; the message is all there is to say.</summary>
internal sealed class DemoException(string message) : Exception(message);
