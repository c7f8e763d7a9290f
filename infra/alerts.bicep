metadata description = 'What an operator is told of, by mail.'

@description('Begins the name of each alert.')
param title string

@description('Where the rules are created: where the workspace is.')
param location string

@description('Tags of each resource.')
param tags object

@description('Resource id of the workspace that is asked.')
param workspaceId string

@description('Who gets the mails; empty = alerts are only listed in the portal.')
param email string

@description('What is allowed before there is an alert; what is left out has its default.')
param allowed limits

@export()
@description('What is allowed before there is an alert.')
type limits = {
  @description('Failed invocations, and errors in the log, within 30 minutes. 0 to 100000, default 5.')
  @minValue(0)
  @maxValue(100000)
  failures: int?
  @description('Failed jobs in percent of those that ended within 30 minutes. 0 to 100, default 20.')
  @minValue(0)
  @maxValue(100)
  failedJobsPercent: int?
  @description('How often within 30 minutes the image API may be left alone again: 3 are 4 minutes. 0 to 30, default 3.')
  @minValue(0)
  @maxValue(30)
  circuitOpenings: int?
  @description('Seconds that a message may have been due when its work begins. 1 to 604800, default 600.')
  @minValue(1)
  @maxValue(604800)
  queueSeconds: int?
}

// The names are the app's, functions/Telemetry/Meters.cs; a test compares them.
var jobs = 'pipeline.jobs'
var poison = 'pipeline.poison.messages'
var circuit = 'pipeline.image_api.circuit'
var queueAge = 'pipeline.queue.age'
var queueOldest = 'pipeline.queue.oldest'
var audits = 'pipeline.audits'

// The rule that asks for a night, not for the last minutes.
var nightly = 'unaudited'

var prefix = toLower(replace(title, ' ', '-'))

// Lanes that callers wait for. Those of manifests may be long, and a delivery that is tried again in a day is not late.
var promptQueues = '\'images-standard\', \'images-large\', \'manifests-advance\''

// The exporter sends each minute what came since the last: a counter's sum is `sum(Sum)`; of a histogram, `ItemCount` values lie between
// `Min` and `Max` and come to `Sum`; a gauge is its `Sum`, and is sent only when it was set.
var rules = [
  {
    name: 'poison'
    title: 'Messages that failed at every delivery'
    text: 'Something here is broken, not at the image API. See "Poison messages" in docs/operations.md.'
    severity: 1
    query: 'AppMetrics | where Name == \'${poison}\' | summarize Value = sum(Sum) by Queue = tostring(Properties.queue)'
    dimension: 'Queue'
    threshold: 0
  }
  {
    name: 'failures'
    title: 'Functions fail'
    // A refusal of a caller's request (4xx) is no failure; what is no request has the code 0.
    text: 'Invocations that threw, or answered 500 and above.'
    severity: 2
    query: join(
      [
        'AppRequests | where Success == false | extend Code = coalesce(toint(ResultCode), 0)'
        'where Code == 0 or Code >= 500 | summarize Value = sum(ItemCount)'
      ],
      ' | '
    )
    dimension: ''
    threshold: allowed.?failures ?? 5
  }
  {
    name: 'errors'
    title: 'Errors in the log'
    text: 'Lines of the log at level error and above, and exceptions.'
    severity: 3
    query: 'union (AppTraces | where SeverityLevel >= 3), AppExceptions | summarize Value = sum(ItemCount)'
    dimension: ''
    threshold: allowed.?failures ?? 5
  }
  {
    name: 'failed-jobs'
    title: 'Many jobs fail'
    text: 'In percent of those that ended. Fewer than 10 prove nothing.'
    severity: 2
    query: join(
      [
        'AppMetrics | where Name == \'${jobs}\' | extend State = tostring(Properties.state)'
        'where State in (\'succeeded\', \'partially_succeeded\', \'failed\')'
        'summarize Ended = sum(Sum), Failed = sumif(Sum, State == \'failed\')'
        'where Ended >= 10 | project Value = 100.0 * Failed / Ended'
      ],
      ' | '
    )
    dimension: ''
    threshold: allowed.?failedJobsPercent ?? 20
  }
  {
    name: 'credits'
    title: 'The books of an account are wrong'
    text: 'The nightly audit found a fault in the books of an account. GET /v1/operator/verify names it.'
    severity: 1
    query: 'AppMetrics | where Name == \'${audits}\' and Properties.result == \'wrong\' | summarize Value = sum(Sum)'
    dimension: ''
    threshold: 0
  }
  {
    name: 'unread'
    title: 'The books of an account were not verified'
    text: 'The nightly audit could not read them, or not in time. Event 67 of the log says why; the next night tries again.'
    severity: 3
    query: 'AppMetrics | where Name == \'${audits}\' and Properties.result == \'unread\' | summarize Value = sum(Sum)'
    dimension: ''
    threshold: 0
  }
  {
    name: nightly
    title: 'No books were verified'
    text: 'The nightly audit did not run, or nothing that it measured arrived: no fault of an account would be told.'
    severity: 2
    // The sweeper measures each minute, so that an app that is there is seen; one that is new has not had its night yet.
    query: join(
      [
        'AppMetrics | summarize Nights = countif(Name == \'${audits}\' and TimeGenerated > ago(26h)), First = min(TimeGenerated)'
        'project Value = iff(Nights == 0 and First < ago(30h), 1, 0)'
      ],
      ' | '
    )
    dimension: ''
    threshold: 0
  }
  {
    name: 'circuit'
    title: 'The image API does not recover'
    text: 'How often an instance found that half of the calls fail and left it alone for a while.'
    severity: 2
    query: join(
      [
        'AppMetrics | where Name == \'${circuit}\' and Sum > 0 and Properties.cause == \'failures\''
        'summarize Openings = count() by AppRoleInstance | summarize Value = max(Openings)'
      ],
      ' | '
    )
    dimension: ''
    threshold: allowed.?circuitOpenings ?? 3
  }
  {
    name: 'key'
    title: 'The image API refuses the key'
    text: 'Nothing is made until the key is right: docs/azure.md, "Rotate keys".'
    severity: 1
    query: 'AppMetrics | where Name == \'${circuit}\' and Properties.cause == \'key\' | summarize Value = max(Sum)'
    dimension: ''
    threshold: 0
  }
  {
    name: 'queue-age'
    title: 'Work waits too long'
    // The sweeper looks each minute, also where nothing is worked on; what it does not see is seen when its work begins.
    text: 'Seconds that the oldest message has been due.'
    severity: 2
    query: join(
      [
        'AppMetrics | where Name in (\'${queueAge}\', \'${queueOldest}\') | extend Queue = tostring(Properties.queue)'
        'where Queue in (${promptQueues}) | extend Seconds = iff(Name == \'${queueOldest}\', Sum, Max)'
        'summarize Value = max(Seconds) by Queue'
      ],
      ' | '
    )
    dimension: 'Queue'
    threshold: allowed.?queueSeconds ?? 600
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'operators'
    enabled: true
    emailReceivers: empty(email) ? [] : [{ name: 'mail', emailAddress: email, useCommonAlertSchema: true }]
  }
}

resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${title}: ${rule.title}'
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      // Twice what is between two looks: measurements come in some minutes late. A night that did not come is seen after a day.
      windowSize: rule.name == nightly ? 'P2D' : 'PT30M'
      evaluationFrequency: rule.name == nightly ? 'PT6H' : 'PT15M'
      autoMitigate: true
      // In a new workspace nothing has been measured yet.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            metricMeasureColumn: 'Value'
            timeAggregation: 'Maximum'
            operator: 'GreaterThan'
            threshold: rule.threshold
            dimensions: empty(rule.dimension) ? [] : [{ name: rule.dimension, operator: 'Include', values: ['*'] }]
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [operators.id] }
    }
  }
]
