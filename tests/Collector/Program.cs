using Collector;

return await CollectorCommand.Create().Parse(args).InvokeAsync();
