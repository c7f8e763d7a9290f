// Reads queries from standard input, a JSON array, and prints what Microsoft's analyzer of the language finds wrong, a line for each fault.
const { readFileSync } = require('node:fs');
require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');

const { KustoCode, GlobalState, Symbols } = global.Kusto.Language;

// The columns that queries may use, of those at https://learn.microsoft.com/azure/azure-monitor/reference/tables/appmetrics and so on.
const common = 'TimeGenerated: datetime, Properties: dynamic, AppRoleName: string, AppRoleInstance: string, ItemCount: int, Type: string';
const tables = {
  AppMetrics: 'Name: string, Sum: real, Min: real, Max: real',
  AppRequests: 'Name: string, Success: bool, ResultCode: string, DurationMs: real',
  AppTraces: 'Message: string, SeverityLevel: int',
  AppExceptions: 'ExceptionType: string, SeverityLevel: int, OuterMessage: string',
};
const symbols = Object.entries(tables).map(([name, columns]) => Symbols.TableSymbol.From(`(${common}, ${columns})`).WithName(name));
const workspace = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('workspace', symbols));

for (const query of JSON.parse(readFileSync(0, 'utf8'))) {
  const faults = KustoCode.ParseAndAnalyze(query, workspace).GetDiagnostics();
  for (let i = 0; i < faults.Count; i++) console.log(`${query}: ${faults.getItem(i).Message}`);
}
