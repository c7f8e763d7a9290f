metadata description = 'All that a deployment of the pipeline has. infra/README.md tells how to deploy it.'

import { limits } from 'alerts.bicep'
import { scaleGroup } from 'app.bicep'

targetScope = 'subscription'

@description('Name of the azd environment: names and tags are made of it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Azure region of everything; it must offer Flex Consumption.')
@minLength(1)
param location string

@secure()
@description('The key of the image API. It is stored in the key vault alone.')
@minLength(1)
param imageApiKey string

@secure()
@description('A secret of 32 to 500 characters that signs checkpoints of the books; the same at each deployment. Empty (default) = none.')
@maxLength(500)
param checkpointKey string = ''

@description('App settings that replace the defaults or are added, as those of OpenTelemetry, OTEL_…: { Jobs__AttemptsMax: \'3\' }.')
param settings object = {}

@description('How storage copies the data: within a building (LRS), a region (ZRS), also to another region (GRS, GZRS). Default LRS.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageReplication string = 'Standard_LRS'

@description('Days in which a deleted or replaced blob, or a deleted container, can be restored. 0 = erased at once. 0 to 365, default 7.')
@minValue(0)
@maxValue(365)
param softDeleteDays int = 7

@description('''Days after which pictures are deleted, with all else in the container `outputs`. 0 to 36500, default 0 = never: they are
paid for. Of a manifest that is also its plan, without which one that still runs cannot go on, and what it knows of the lines that ran,
without which an amended file runs, and costs, whole. GET /v1/operator/verify, which looks at pictures, too, finds those missing.''')
@minValue(0)
@maxValue(36500)
param outputsDays int = 0

@description('''Days after which the reports, results and pages of manifests are deleted. 0 to 36500, default 0 = never.
A report never outlives outputsDays, for it lies among the pictures. It is told from them by the blob index tag kind=report.''')
@minValue(0)
@maxValue(36500)
param reportsDays int = 0

@description('Days after which pictures that callers brought (`references`) are deleted. 0 to 36500, default 0 = never.')
@minValue(0)
@maxValue(36500)
param referencesDays int = 0

@description('Days after which dropped files (`manifests`) are deleted; they are read within minutes. 0 to 36500, default 0 = never.')
@minValue(0)
@maxValue(36500)
param manifestsDays int = 0

@description('''How many instances Azure may start. 1 to 1000, default 40; values below 40 are not taken in all regions. HTTP, dropped
files, and each queue scale by themselves, each up to this number as Azure's API describes it; there is no maximum for one of them alone.
Calls of the image API are bounded in each instance (settings ImageApi__CallsAtOnceMax and ImageApi__CallsPerMinute), so in each lane by
this number times those.''')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Memory of an instance in MB; 512 has a quarter of a core, 2048 one, 4096 two. Default 2048.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('''HTTP requests that an instance works on at once before another is started. 1 to 1000, default 50. Callers that wait for
their pictures hold one each.''')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 50

@description('''Instances that are kept running, and paid for, by scale group: `http`, `blob` (dropped files), or `function:` and the name
of a function with a queue or a timer, as in [{ name: 'http', instanceCount: 1 }, { name: 'function:WorkStandard', instanceCount: 1 }].
Default none: the first call after a pause waits some seconds.''')
param alwaysReady scaleGroup[] = []

@description('''Whether storage and key vault are reached through private endpoints of a network alone. Default false. Then the signed URLs
of pictures and the container for dropped files work inside the network only; callers outside post their manifests. The image API cannot
fetch references, so ImageApi__References becomes `inline`. The app itself stays public. Microsoft.App must be a registered provider.''')
param vnetEnabled bool = false

@description('Addresses of the network, /24 to /26. Default 10.90.0.0/24; only used with vnetEnabled.')
param vnetAddressPrefix string = '10.90.0.0/24'

@description('Whether a deleted key vault of this name is taken up again: after azd down its name stays taken for 90 days. Default false.')
param vaultRecover bool = false

@description('Days that logs and metrics are kept. 30 to 730, default 30.')
@minValue(30)
@maxValue(730)
param logDays int = 30

@description('GB of logs and metrics taken in a day; the rest of the day is lost, alerts too. 0 to 1000, default 5; 0 = no limit.')
@minValue(0)
@maxValue(1000)
param logDailyGb int = 5

@description('Who is mailed by alerts and the budget. Empty (default) = alerts are only listed, the budget writes to the owners.')
param alertEmail string = ''

@description('What is allowed before there is an alert; what is left out has its default: { failedJobsPercent: 50 }.')
param alertLimits limits = {}

@description('What a month may cost, in the bill\'s currency; mails at 80 %, and if 100 % are forecast. 0 to 1000000, default 0 = none.')
@minValue(0)
@maxValue(1000000)
param budgetAmount int = 0

@description('The first month of the budget, as its first day: 2026-12-01. Needed with budgetAmount; Azure lets nobody change it later.')
@maxLength(10)
param budgetFirstMonth string = ''

var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// Names that are unique in Azure, and the same at each deployment.
var token = toLower(uniqueString(subscription().id, environmentName, location))

module identity 'identity.bicep' = {
  scope: group
  params: { name: 'id-${token}', location: location, tags: tags }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-${token}'
    insightsName: 'appi-${token}'
    location: location
    tags: tags
    logDays: logDays
    logDailyGb: logDailyGb
    title: 'Pipeline ${environmentName}'
    alertEmail: alertEmail
    alertLimits: alertLimits
  }
}

module storage 'storage.bicep' = {
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: tags
    replication: storageReplication
    isPrivate: vnetEnabled
    softDeleteDays: softDeleteDays
    outputsDays: outputsDays
    reportsDays: reportsDays
    referencesDays: referencesDays
    manifestsDays: manifestsDays
  }
}

module vault 'vault.bicep' = {
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    isPrivate: vnetEnabled
    isRecovered: vaultRecover
    imageApiKey: imageApiKey
    checkpointKey: checkpointKey
  }
}

module network 'network.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: 'vnet-${token}'
    location: location
    tags: tags
    addressPrefix: vnetAddressPrefix
    storageId: storage.outputs.id
    vaultId: vault.outputs.id
  }
}

module roles 'roles.bicep' = {
  scope: group
  params: {
    principalId: identity.outputs.principalId
    storageName: storage.outputs.name
    insightsName: monitoring.outputs.insightsName
    vaultName: vault.outputs.name
    hasCheckpointKey: !empty(checkpointKey)
  }
}

module app 'app.bicep' = {
  scope: group
  params: {
    name: 'func-${token}'
    planName: 'plan-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    storageName: storage.outputs.name
    packageUrl: storage.outputs.packageUrl
    insightsConnectionString: monitoring.outputs.connectionString
    vaultUrl: vault.outputs.url
    hasCheckpointKey: !empty(checkpointKey)
    isPrivate: vnetEnabled
    subnetId: network.?outputs.subnetId ?? ''
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    httpConcurrency: httpConcurrency
    alwaysReady: alwaysReady
    settings: settings
  }
  // A host that starts without its roles fails, and is not soon tried again.
  dependsOn: [roles]
}

module topic 'topic.bicep' = {
  scope: group
  params: { name: 'evgt-${token}', location: location, tags: tags, storageId: storage.outputs.id }
}

module budget 'budget.bicep' = if (budgetAmount > 0) {
  scope: group
  params: {
    name: 'budget-${token}'
    amount: max(budgetAmount, 1)
    firstMonth: budgetFirstMonth
    email: alertEmail
  }
}

// What azd and the hook after the deployment need, as variables of the environment.
output AZURE_RESOURCE_GROUP string = group.name
output PIPELINE_APP string = app.outputs.name
output PIPELINE_URL string = app.outputs.url
output PIPELINE_STORAGE string = storage.outputs.name
output PIPELINE_TOPIC string = topic.outputs.name
