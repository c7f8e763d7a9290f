metadata description = 'The key vault: the image API\'s key, and the key that signs checkpoints of the books.'

@description('Name of the vault, unique in Azure.')
param name string

@description('Where it is created.')
param location string

@description('Tags of each resource.')
param tags object

@description('Whether only private endpoints reach it.')
param isPrivate bool

@description('Whether a deleted vault of this name is taken up again; then it must be there.')
param isRecovered bool

@secure()
@description('The key of the image API.')
param imageApiKey string

@secure()
@description('The secret that signs checkpoints of the books; empty = none is stored.')
param checkpointKey string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    createMode: isRecovered ? 'recover' : 'default'
    enableRbacAuthorization: true
    enableSoftDelete: true
    // Cannot be changed after the vault is made.
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }

  resource imageApi 'secrets' = {
    name: 'image-api-key'
    properties: { value: imageApiKey }
  }

  resource checkpoint 'secrets' = if (!empty(checkpointKey)) {
    name: 'checkpoint-key'
    properties: { value: checkpointKey }
  }
}

@description('Its resource id.')
output id string = vault.id

@description('Its name.')
output name string = vault.name

@description('Its address, with a slash at the end.')
output url string = vault.properties.vaultUri
