metadata description = 'The function app on its Flex Consumption plan, with all its settings.'

@description('Name of the app, unique in Azure: its address is https://{name}.azurewebsites.net.')
param name string

@description('Name of the plan, which has this one app.')
param planName string

@description('Where they are created.')
param location string

@description('Tags of each resource.')
param tags object

@description('The app\'s identity: its resource id.')
param identityId string

@description('The app\'s identity: its client id.')
param clientId string

@description('Name of the storage account.')
param storageName string

@description('The container that the deployed code is put into, with its address.')
param packageUrl string

@description('Where logs and metrics are sent.')
param insightsConnectionString string

@description('The address of the key vault, with a slash at the end.')
param vaultUrl string

@description('Whether the vault has a key that signs checkpoints of the books.')
param hasCheckpointKey bool

@description('Whether storage is reached inside a network alone.')
param isPrivate bool

@description('The subnet that the app calls out from, if it is private.')
param subnetId string

@description('How many instances there may be of the app.')
param maximumInstanceCount int

@description('Memory of an instance in MB.')
param instanceMemoryMB int

@description('How many HTTP requests an instance works on at once.')
param httpConcurrency int

@description('Instances that are kept running, by scale group.')
param alwaysReady scaleGroup[]

@description('Settings that are added, or replace those below.')
param settings object

@export()
@description('A scale group of the app, and how many of its instances are kept running.')
type scaleGroup = {
  @description('http, blob, or function: and the name of a function.')
  name: string
  @description('1 to 1000.')
  @minValue(1)
  @maxValue(1000)
  instanceCount: int
}

// Without a version, so that a new value of a secret comes into force within a day.
func secret(vaultUrl string, name string) string => '@Microsoft.KeyVault(SecretUri=${vaultUrl}secrets/${name})'

// What the host needs. The worker's runtime is no setting on Flex Consumption: functionAppConfig has it.
var hostSettings = {
  AzureWebJobsStorage__accountName: storageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: clientId
  AzureWebJobsDisableHomepage: 'true'
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
}

// All of the app's own settings with their defaults, so that the portal shows what can be set. docs/operations.md says what they mean.
var appSettings = {
  ImageApi__BaseUrl: 'https://api.nanobananaapi.dev'
  ImageApi__Key: secret(vaultUrl, 'image-api-key')
  ImageApi__ImageBytesMax: '67108864'
  ImageApi__CallsAtOnceMax: '32'
  ImageApi__CallsPerMinute: '0'
  ImageApi__QuickRetries: '00:00:10'
  ImageApi__BreakDuration: '00:00:30'
  ImageApi__TimeoutScale: '1'
  ImageApi__SizeMismatch: 'warn'
  // Behind private endpoints the image API cannot fetch a reference by its signed URL.
  ImageApi__References: isPrivate ? 'inline' : 'auto'
  ImageApi__ThinkingField: 'thinking'
  ImageApi__SearchField: 'search'
  Jobs__AttemptsMax: '5'
  Jobs__LeaseDuration: '00:02:00'
  Jobs__RetryDelay: '00:00:05'
  Jobs__RetryUnknown: 'true'
  Jobs__OutageMax: '1.00:00:00'
  Jobs__ResendAfter: '00:01:00'
  Manifests__SentAtOnceMax: '128'
  Webhooks__AtOncePerEndpointMax: '4'
  Webhooks__AtOncePerAccountMax: '8'
  Webhooks__AtOnceMax: '32'
  Audit__CheckpointKey: hasCheckpointKey ? secret(vaultUrl, 'checkpoint-key') : ''
  Http__PublicUrl: ''
  // An address on this machine would be the platform's own, and that of its tokens.
  Outgoing__AllowLoopback: 'false'
  Outputs__UrlLifetime: '01:00:00'
  Outputs__DownloadsMax: '8'
  Outputs__EmbedPrompt: 'false'
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // By this tag azd finds what to deploy the service `app` of azure.yaml to.
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: isPrivate ? subnetId : null
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReady
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }

  // One resource for all settings: what is not in it is taken away, so that no setting is left from a deployment before.
  resource appsettings 'config' = {
    name: 'appsettings'
    properties: union(hostSettings, appSettings, settings)
  }

  // Passwords for FTP and for publishing: deployments come with a token. One after the other, for a change of an app refuses a second.
  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
    dependsOn: [appsettings]
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
    dependsOn: [ftp]
  }
}

@description('Its name.')
output name string = app.name

@description('Where callers find it.')
output url string = 'https://${app.properties.defaultHostName}'
