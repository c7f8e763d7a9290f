metadata description = 'The storage account: what callers bring and get, the ledger, the queues, the app itself.'

@description('Name of the storage account, unique in Azure.')
param name string

@description('Where it is created.')
param location string

@description('Tags of each resource.')
param tags object

@description('How often and how far apart the data is copied.')
param replication string

@description('Whether only private endpoints reach it.')
param isPrivate bool

@description('How many days a deleted or replaced blob, or a deleted container, can be restored; 0 = not at all.')
@minValue(0)
@maxValue(365)
param softDeleteDays int

@description('Days after which pictures and all else in `outputs` are deleted; 0 = never.')
@minValue(0)
param outputsDays int

@description('Days after which the reports of manifests are deleted; 0 = never.')
@minValue(0)
param reportsDays int

@description('Days after which pictures that callers brought are deleted; 0 = never.')
@minValue(0)
param referencesDays int

@description('Days after which dropped files are deleted; 0 = never.')
@minValue(0)
param manifestsDays int

var containers = ['manifests', 'outputs', 'references']
var packageContainer = 'app-package'
var tables = ['ledger', 'accounts', 'poison']
var queues = [
  'images-standard'
  'images-large'
  'images-standard-bulk'
  'images-large-bulk'
  'manifests-advance'
  'webhooks'
]

var restorable = { enabled: softDeleteDays > 0, days: max(softDeleteDays, 1) }

// Reports lie among the pictures, which no prefix tells apart: the app puts this index tag on them.
var reportTag = { name: 'kind', op: '==', value: 'report' }

var ages = [
  { name: 'outputs', days: outputsDays, prefix: 'outputs/', tags: [] }
  { name: 'reports', days: reportsDays, prefix: 'outputs/', tags: [reportTag] }
  { name: 'references', days: referencesDays, prefix: 'references/', tags: [] }
  { name: 'manifests', days: manifestsDays, prefix: 'manifests/', tags: [] }
]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: replication }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    // Whoever wants in is somebody: a key would be everybody, for ever, and signed URLs with it could not be traced.
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    allowCrossTenantReplication: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Tags for the lifecycle of reports need a flat namespace.
    isHnsEnabled: false
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      // A replaced blob is kept as a snapshot. No versions and no restore to a point in time: the ledger's tables cannot go back
      // with them, and reports, which are append blobs, would not.
      deleteRetentionPolicy: restorable
      containerDeleteRetentionPolicy: restorable
      isVersioningEnabled: false
    }

    resource container 'containers' = [
      for container in concat(containers, [packageContainer]): {
        name: container
        properties: { publicAccess: 'None' }
      }
    ]
  }

  resource queueService 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [
      for queue in queues: {
        name: queue
      }
    ]

    // The host moves messages there that failed too often; the sweeper looks into them from the first minute on.
    resource poison 'queues' = [
      for queue in queues: {
        name: '${queue}-poison'
      }
    ]
  }

  resource tableService 'tableServices' = {
    name: 'default'

    resource table 'tables' = [
      for table in tables: {
        name: table
      }
    ]
  }

  // Each rule is always there and only switched: a rule that a deployment leaves out would stay as it was, and delete on.
  resource lifecycle 'managementPolicies' = {
    name: 'default'
    properties: {
      policy: {
        rules: [
          for age in ages: {
            name: age.name
            type: 'Lifecycle'
            enabled: age.days > 0
            definition: {
              actions: {
                baseBlob: { delete: { daysAfterModificationGreaterThan: max(age.days, 1) } }
              }
              filters: union(
                { blobTypes: ['blockBlob', 'appendBlob'], prefixMatch: [age.prefix] },
                empty(age.tags) ? {} : { blobIndexMatch: age.tags }
              )
            }
          }
        ]
      }
    }
    dependsOn: [blobs]
  }
}

@description('Its resource id.')
output id string = account.id

@description('Its name.')
output name string = account.name

@description('The container of the deployed code, with its address.')
output packageUrl string = '${account.properties.primaryEndpoints.blob}${packageContainer}'
